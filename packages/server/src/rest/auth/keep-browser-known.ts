import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SignInMark } from '../../accounts/marked-account.ts'
import type { Caller } from './caller.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'

/**
 * Keeps the caller's browser known after their change of the account's mark, by which all others become unknown.
 *
 * @param mark as the change has set it
 */
export function keepBrowserKnown(
  request: FastifyRequest,
  reply: FastifyReply,
  { knownBrowsers, factorBrowsers }: Pick<SecondFactorDeps, 'knownBrowsers' | 'factorBrowsers'>,
  { account: { accountId: id, secondFactorAt }, mark }: Pick<Caller, 'account'> & { mark: SignInMark },
): void {
  const { cookie } = request.headers
  void reply.header('set-cookie', knownBrowsers.setCookie(cookie, { id, mark }))
  if (secondFactorAt !== null) void reply.header('set-cookie', factorBrowsers.setCookie(cookie, { id, mark }))
}
