import { secondFactorOperations } from '@holdfast/contract'
import type { FastifyInstance } from 'fastify'
import { passkeySite } from '../../accounts/passkey-site.ts'
import type { AddedPasskey } from '../../accounts/passkeys.ts'
import type { SetUpTotpOutcome } from '../../accounts/set-up-totp.ts'
import { problem } from '../../edge/problem-error.ts'
import { type Caller, callerOf } from './caller.ts'
import { isRecent, requireConfirmation, requireShownFactor } from './confirm-change.ts'
import { requirePasskeySite } from './passkey-site-of.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { emptyBody, refusedCode, tooManyCodes, usedCode } from './second-step-routes.ts'

type Confirmation = { password?: string }

/** The second factors of the caller's account. */
export async function secondFactorRoutes(app: FastifyInstance, deps: SecondFactorDeps): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    void reply.header('cache-control', 'no-store')
  })
  app.get(secondFactorOperations.getSecondFactors.url, async (request) => {
    const { account } = callerOf(request)
    const { hasTotp, recoveryCodes } = await deps.secondFactors.of(account.accountId)
    return {
      hasTotp,
      recoveryCodes,
      passkeys: await deps.passkeys.list(account.accountId),
      passkeyOrigin: passkeySite(deps.configuredUrl, request.host)?.origin ?? null,
      isShown: account.secondFactorAt !== null,
      needsPassword: !isRecent(account),
    }
  })
  totpRoutes(app, deps)
  passkeyRoutes(app, deps)
}

function totpRoutes(app: FastifyInstance, deps: SecondFactorDeps): void {
  const { beginTotp, confirmTotp, removeTotp, createRecoveryCodes } = secondFactorOperations
  const confirmed = { schema: { body: beginTotp.body }, preValidation: emptyBody }

  app.post<{ Body: Confirmation }>(beginTotp.url, confirmed, async (request) => {
    const { account } = await requireConfirmation(request, deps, request.body.password)
    const begun = await deps.totp.begin(account)
    if (begun === null) throw problem('totp_exists', 'This account has an authenticator app already.')
    return begun
  })

  app.post<{ Body: { code: string } }>(confirmTotp.url, { schema: { body: confirmTotp.body } }, async (request) => {
    const caller = await requireShownFactor(request, deps)
    const outcome = await firstCode(deps, caller, request.body.code)
    if (outcome.kind === 'missing') throw problem('totp_missing', 'Begin to set up an authenticator app again.')
    if (outcome.kind === 'wrong') throw refusedCode('The code is wrong. Check the clock of the phone.')
    if (outcome.kind === 'used') throw usedCode()
    if (outcome.kind === 'ended') throw problem('unauthenticated', 'Sign in first.')
    return { recoveryCodes: outcome.recoveryCodes }
  })

  app.post<{ Body: Confirmation }>(removeTotp.url, confirmed, async (request) => {
    const { account } = await requireConfirmation(request, deps, request.body.password)
    await deps.secondFactors.removeTotp(account.accountId)
    return { status: true }
  })

  app.post<{ Body: Confirmation }>(createRecoveryCodes.url, confirmed, async (request) => {
    const { account } = await requireConfirmation(request, deps, request.body.password)
    const { hasTotp } = await deps.secondFactors.of(account.accountId)
    if (!hasTotp) throw problem('totp_missing', 'Recovery codes replace the codes of an app: set one up first.')
    return { recoveryCodes: await deps.recoveryCodes.replace(account.accountId) }
  })
}

function passkeyRoutes(app: FastifyInstance, deps: SecondFactorDeps): void {
  const { getPasskeyCreation, addPasskey, renamePasskey, removePasskey } = secondFactorOperations
  const confirmed = { schema: { body: getPasskeyCreation.body }, preValidation: emptyBody }

  app.post<{ Body: Confirmation }>(getPasskeyCreation.url, confirmed, async (request) => {
    const site = requirePasskeySite(deps.configuredUrl, request)
    const { account } = await requireConfirmation(request, deps, request.body.password)
    const options = await deps.passkeys.creationOptions(site, account)
    if (options === null) throw tooManyPasskeys()
    return options
  })

  app.post<{ Body: AddedPasskey }>(addPasskey.url, { schema: { body: addPasskey.body } }, async (request) => {
    const site = requirePasskeySite(deps.configuredUrl, request)
    const { account, sessionId } = await requireShownFactor(request, deps)
    const { name, response } = request.body
    const outcome = await deps.passkeys.add(
      site,
      { accountId: account.accountId, sessionId },
      { name: name.trim(), response },
    )
    if (outcome.kind === 'too_many') throw tooManyPasskeys()
    if (outcome.kind === 'refused')
      throw problem('passkey_refused', 'The response of the browser is not valid, or was used before.')
    return outcome.passkey
  })

  app.post<{ Body: { id: string; name: string } }>(
    renamePasskey.url,
    { schema: { body: renamePasskey.body } },
    async (request) => {
      const { id, name } = request.body
      if (!(await deps.passkeys.rename(callerOf(request).account.accountId, id, name.trim()))) throw notFound(id)
      return { status: true }
    },
  )

  app.post<{ Body: Confirmation & { id: string } }>(
    removePasskey.url,
    { schema: { body: removePasskey.body } },
    async (request) => {
      const { id, password } = request.body
      const { account } = await requireConfirmation(request, deps, password)
      if (!(await deps.secondFactors.removePasskey(account.accountId, id))) throw notFound(id)
      return { status: true }
    },
  )
}

/**
 * Wrong codes are slowed as at the sign-in, by account.
 *
 * @throws ProblemError rate_limited
 */
async function firstCode(
  deps: SecondFactorDeps,
  { account: { accountId }, sessionId }: Caller,
  code: string,
): Promise<SetUpTotpOutcome> {
  const key = `first code ${accountId}`
  const retryAfterSeconds = await deps.attemptLimits.begin(key)
  if (retryAfterSeconds > 0) throw tooManyCodes(retryAfterSeconds)
  const outcome = await deps.setUpTotp({ accountId, sessionId }, code).catch(async (error: unknown) => {
    await deps.attemptLimits.withdrawn(key)
    throw error
  })
  if (outcome.kind === 'accepted') await deps.attemptLimits.succeeded(key)
  return outcome
}

function tooManyPasskeys() {
  return problem('too_many_passkeys', 'This account has the most passkeys that it can have.')
}

function notFound(id: string) {
  return problem('passkey_not_found', `Your account has no passkey ${id}.`)
}
