import { randomUUID } from 'node:crypto'
import { accountOperations } from '@holdfast/contract'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isUniqueViolation } from '../../accounts/is-unique-violation.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { accountIn, askLibrary, forgetCaller, type LibraryDeps, requireSuccess, showToken } from './library.ts'
import { refuseGuessable, refuseWhenOverloaded } from './new-password-refusals.ts'
import { atResponseStep } from './response-step.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { serveAccount } from './serve-account.ts'

type SignUpDeps = SecondFactorDeps & LibraryDeps
type SignUpBody = { email: string; name: string; password: string; language?: MessageLanguage }
type SignUpRequest = FastifyRequest<{ Body: SignUpBody }>

/** The sign-up. Its response is the same whether the address has an account or not. */
export async function signUpRoute(app: FastifyInstance, deps: SignUpDeps): Promise<void> {
  const options = { authentication: 'lenient', ifLost: 'Sign in; if that is refused, sign up again.' } as const
  serveAccount(app, accountOperations.signUp, options, async (request, reply) => {
    const { email, name, password } = request.body
    refuseGuessable('password', password, [email, name])
    refuseWhenOverloaded(deps.passwords)
    const count = await app.rateLimits.countSignIn(request, reply, null)
    const response = await atResponseStep(
      () => createAccount(request, deps),
      () => true,
    ).catch(async (error: unknown) => {
      await count.giveBack()
      throw error
    })
    const complete = async () => {
      // Also those that are refused count: they may have created an account.
      if (response.status >= 500) await count.giveBack()
      await forgetCaller(request, deps)
      await requireSuccess(response, request, reply)
      await requestConfirmation(request, await accountIn(response), deps)
      showToken(response, request, reply, deps.publicUrl)
      return { status: true }
    }
    // The library has committed the account.
    return response.ok ? afterCommit(complete) : complete()
  })
}

async function createAccount(request: SignUpRequest, deps: SignUpDeps): Promise<Response> {
  // The owner of an address that was changed may take it back: nobody else signs up with it meanwhile.
  if (await deps.accounts.isEmailReserved(request.body.email)) return inventedAccount()
  return askLibrary(accountOperations.signUp, request, deps).catch((error: unknown) => {
    // If two sign-ups have the same address at once, the second fails.
    if (isUniqueViolation(error)) return inventedAccount()
    throw error
  })
}

/** The same response as the library's to a sign-up with an address that has an account. */
function inventedAccount(): Response {
  return Response.json({ user: { id: randomUUID() } })
}

/**
 * A new account gets an e-mail to confirm its address; the response says nothing about it. If the address had an
 * account, the library has invented the one in its response, and the owner is notified that somebody tried to sign up.
 */
async function requestConfirmation(request: SignUpRequest, accountId: string, { mails }: SignUpDeps): Promise<void> {
  if (!mails.isAvailable) return
  const { email, language = 'en' } = request.body
  // The account is there: a failure here must not look like a failed sign-up.
  const onError = (error: unknown) => request.log.error({ err: error }, 'an address could not be confirmed')
  await mails
    .request('confirm_email_request', { accountId, email, language, network: networkPrefix(request.ip) })
    .catch(onError)
}
