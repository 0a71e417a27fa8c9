import type { FastifyRequest } from 'fastify'
import type { AccountPrincipal } from '../../accounts/sessions/principals.ts'
import { requireAccount } from '../guards/access.ts'

export type Caller = { account: AccountPrincipal; sessionId: string }

/** @throws ProblemError unauthenticated */
export function callerOf({ principal, sessionId }: FastifyRequest): Caller {
  const account = requireAccount(principal)
  if (sessionId === null) throw new Error('An account was identified without a session.')
  return { account, sessionId }
}
