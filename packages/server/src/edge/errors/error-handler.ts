import type { ProblemCode } from '@holdfast/contract'
import {
  ExternalIdTaken,
  isClinicMoving,
  isConnectionLost,
  isLockTimeout,
  isNotWritable,
  isTransient,
  MonthsInTransit,
  mayHaveRun,
  PartitionMissing,
  PoolExhausted,
} from '@holdfast/engine'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AuditUnavailable } from '../../audit/audit-recorder.ts'
import { errorPage, errorPagePolicy, wantsPage } from './error-page.ts'
import { ProblemError, problem } from './problem-error.ts'

/** Problems for Fastify's errors. The detail never repeats what the client sent, which may be anything. */
const frameworkProblems: Record<string, [ProblemCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than 1 MiB, or than 32 KiB for accounts.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'The Content-Type is not application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as Content-Length says.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_request', 'The body is empty, but the Content-Type says JSON.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_request', 'The body is not valid JSON.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL.'],
  FST_ERR_ASYNC_CONSTRAINT: ['invalid_request', 'The path is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'A part of the path is too long.'],
}

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the problem that is the response; null: it is none. */
    problemCode: ProblemCode | null
  }
}

const repeatWithKey = 'Repeat it with the same Idempotency-Key.'

/**
 * Converts any thrown value to a problem; `internal_error` for unexpected errors.
 *
 * @param ifLost what the caller can do if the outcome is unknown
 */
export function problemOf(error: unknown, ifLost = repeatWithKey): ProblemError {
  if (error instanceof ProblemError) return error
  if (isFastifyError(error)) {
    const known = frameworkProblems[error.code]
    if (known !== undefined) return problem(...known)
    // Fastify's JSON parser throws the SyntaxError with status 400.
    if (error.statusCode === 400) return problem('invalid_request', 'The body is not valid JSON.')
  }
  if (error instanceof PoolExhausted) {
    const detail = 'All connections to the database are in use. The request was not processed.'
    return problem('overloaded', detail, { retryAfterSeconds: 1 })
  }
  if (isNotProcessed(error)) {
    return problem('unavailable', 'The database cannot be reached. The request was not processed.', {
      retryAfterSeconds: 1,
    })
  }
  if (isConnectionLost(error)) {
    const detail = `The connection to the database was lost: the outcome is unknown. ${ifLost}`
    return problem('unavailable', detail, { retryAfterSeconds: 1 })
  }
  if (error instanceof AuditUnavailable) {
    const detail = 'It cannot be recorded now who reads this, and so it is not shown. Repeat the request.'
    return problem('unavailable', detail, { retryAfterSeconds: 1 })
  }
  if (error instanceof PartitionMissing) {
    const detail = 'This server cannot book at the moment; its operator has to act. Nothing was written.'
    return problem('unavailable', detail, { retryAfterSeconds: 60 })
  }
  if (error instanceof ExternalIdTaken) {
    return problem(
      'external_id_taken',
      'Something else of this kind has one of these external ids. Nothing was written.',
    )
  }
  if (error instanceof MonthsInTransit) {
    const detail = 'Months of this clinic are being archived or restored. Erase again when that is done.'
    return problem('unavailable', detail, { retryAfterSeconds: 60 })
  }
  if (isClinicMoving(error)) {
    const detail = 'The clinic is being moved to another database. Nothing was written: repeat the request.'
    return problem('unavailable', detail, { retryAfterSeconds: 1 })
  }
  if (isLockTimeout(error)) {
    const detail = 'Another change of the same data has not ended. Nothing was written: repeat the request.'
    return problem('locked', detail, { retryAfterSeconds: 1 })
  }
  if (isTransient(error)) {
    const detail = 'The database was too busy. Nothing was written: repeat the request.'
    return problem('unavailable', detail, { retryAfterSeconds: 1 })
  }
  const outcome = mayHaveRun(error) ? `The outcome of a write is unknown. ${ifLost}` : 'Nothing was written.'
  return problem('internal_error', `The error was logged with this id. ${outcome}`)
}

/** Whether a write that failed with this error may have been committed, as its response says then. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof ProblemError) return false
  return mayHaveRun(error) && (isConnectionLost(error) || problemOf(error).code === 'internal_error')
}

function isNotProcessed(error: unknown): boolean {
  return (isConnectionLost(error) || isNotWritable(error)) && !mayHaveRun(error)
}

/**
 * The one place that writes problem documents, and pages instead of them for people. Logs unexpected errors once, with
 * the request's id.
 */
export function errorHandler(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = problemOf(error, request.routeOptions.config.ifLost)
  const logged = { requestId: request.id, err: error }
  const isForOperator =
    refusal.code === 'internal_error' || error instanceof PartitionMissing || error instanceof MonthsInTransit
  if (isForOperator) request.log.error(logged, 'request failed')
  else if (refusal.code === 'unavailable' || error instanceof PoolExhausted || isLockTimeout(error))
    request.log.warn(logged, 'request not processed')
  reply.problemCode = refusal.code
  const { status, headers, body } = refusal.render(request.id)
  void reply.code(status).headers(headers)
  if (!wantsPage(request.url, request.headers)) void reply.send(body)
  else {
    void reply.header('content-security-policy', errorPagePolicy).type('text/html; charset=utf-8')
    void reply.send(errorPage(status, request.id, request.headers))
  }
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && ('code' in error || 'statusCode' in error)
}
