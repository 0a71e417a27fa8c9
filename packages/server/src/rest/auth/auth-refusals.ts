import type { FastifyRequest } from 'fastify'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'

/** Maps better-auth's errors to problems. Its messages are not passed on, because a later version may change them. */
export async function refusalOf(response: Response, request: FastifyRequest): Promise<ProblemError> {
  const code = await codeOf(response)
  if (code === 'INVALID_EMAIL_OR_PASSWORD') return wrongPassword()
  if (response.status === 401) return problem('unauthenticated', 'Sign in first.')
  if (response.status === 403) return problem('forbidden', 'This session may not do that: sign in again.')
  if (response.status < 500)
    return problem('invalid_request', `The accounts service refuses this (${code ?? response.status}).`)
  request.log.error({ requestId: request.id, status: response.status }, 'the accounts library failed')
  return problem('internal_error', 'The error was logged with this id.')
}

export function wrongPassword(): ProblemError {
  return problem('unauthenticated', 'The e-mail address or the password is wrong.')
}

export function sessionEnded(): ProblemError {
  return problem('unauthenticated', 'The session has ended meanwhile. Sign in again.')
}

async function codeOf(response: Response): Promise<string | null> {
  const body: unknown = await response.json().catch(() => null)
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : null
}
