import type { FastifyRequest } from 'fastify'
import type { AccountPrincipal } from '../../accounts/principals.ts'
import { problem } from '../../edge/problem-error.ts'

export type Caller = { account: AccountPrincipal; sessionId: string }

/** @throws ProblemError unauthenticated */
export function callerOf({ principal, sessionId }: FastifyRequest): Caller {
  if (principal.kind !== 'account' || sessionId === null) throw problem('unauthenticated', 'Sign in first.')
  return { account: principal, sessionId }
}
