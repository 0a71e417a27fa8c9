import type { Operation } from '@holdfast/contract'
import type { Engine } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { SentKey } from '../sent-key.ts'
import { writeKeyOf } from './idempotency.ts'
import { refusalProblem } from './outcome-problems.ts'

/** A response as it is stored with its Idempotency-Key. */
export type StoredResponse = { status: number; body?: unknown; position?: string; headers?: Record<string, string> }

/** Whether a retry gets the response of the first request from what is stored, and the handler does not run again. */
export function storesResponse({ method, retry, ifLost }: Operation): boolean {
  return method !== 'GET' && retry === undefined && ifLost === undefined
}

/**
 * Runs a write once for its Idempotency-Key: a retry gets the first response, another request with the key is refused.
 * For writes that change nothing when they are repeated; their response is stored after their commit. That the server
 * dies between the two, or that storing fails, does no harm. Bookings, clinics and doctors store theirs in the same
 * transaction instead.
 *
 * @param check throws the refusal for a caller who has lost access since the first response
 * @throws ProblemError idempotency_key_reused
 */
export async function respondOnce<Call extends StoredCall>(
  storedResponses: Engine['storedResponses'],
  described: Operation,
  call: Call,
  { check, run, clinicNoOf }: StoredSteps<Call>,
): Promise<StoredResponse> {
  const { params, query, body, key } = call
  const purpose = `${described.method} ${described.url} ${JSON.stringify(params)}`
  const writeKey = writeKeyOf(key, purpose, { params, query, body: body ?? null })
  if (writeKey === null) return run(call)
  const found = await storedResponses.find(writeKey)
  if (found.kind === 'key_reused') throw refusalProblem(found)
  // Written below by the same operation: the key's digest covers the operation, and the request's all that it asks for.
  if (found.kind === 'found') {
    await check(call)
    return repeated(found.response as StoredResponse, described)
  }
  const response = await run(call)
  try {
    await storedResponses.store(writeKey, response, await clinicNoOf(call))
  } catch (error) {
    // The write is committed. A retry runs it again, and it changes nothing then.
    const { id, log } = call.request
    log.warn({ err: error, requestId: id }, 'a response could not be stored with its Idempotency-Key')
  }
  return response
}

type StoredSteps<Call> = {
  check(call: Call): unknown
  run(call: Call): StoredResponse | Promise<StoredResponse>
  /** null: the directory serves the request. */
  clinicNoOf(call: Call): number | null | Promise<number | null>
}

type StoredCall = {
  params?: unknown
  query?: unknown
  body?: unknown
  key: SentKey | null
  request: Pick<FastifyRequest, 'id' | 'log'>
}

/** A retry creates nothing: 200 in place of 201, if the operation describes it. */
function repeated(response: StoredResponse, described: Operation): StoredResponse {
  return response.status === 201 && described.responses[200] ? { ...response, status: 200 } : response
}
