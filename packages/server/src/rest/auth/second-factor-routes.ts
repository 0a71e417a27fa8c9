import { secondFactorOperations } from '@holdfast/contract'
import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import type { FastifyInstance } from 'fastify'
import { passkeySite } from '../../accounts/second-factors/passkey-site.ts'
import type { FactorCaller } from '../../accounts/second-factors/second-factors.ts'
import type { SetUpTotpOutcome } from '../../accounts/second-factors/set-up-totp.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { siteAddress } from '../../edge/headers/site-address.ts'
import { sessionEnded } from './auth-refusals.ts'
import type { Caller } from './caller.ts'
import { changeNotice } from './change-notice.ts'
import { isRecent, requireConfirmation, requireShownFactor } from './confirm-change.ts'
import { requirePasskeySite } from './passkey-site-of.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { refusedCode, tooManyCodes, usedCode } from './second-step-routes.ts'
import { serveAccount } from './serve-account.ts'

const lookForApp = 'Look at the second factors of the account; if the app is set up, create new recovery codes.'
const createAgain = 'Create recovery codes again: they replace those that may have been created.'
const lookForPasskey = 'Look at the passkeys of the account before adding another.'

/** The second factors of the caller's account. */
export async function secondFactorRoutes(app: FastifyInstance, deps: SecondFactorDeps): Promise<void> {
  serveAccount(app, secondFactorOperations.getSecondFactors, {}, async (request, _reply, { account }) => {
    const { hasTotp, recoveryCodes } = await deps.secondFactors.of(account.accountId)
    return {
      hasTotp,
      recoveryCodes,
      passkeys: await deps.passkeys.list(account.accountId),
      passkeyOrigin: passkeySite(siteAddress(deps.configuredUrl, request))?.origin ?? null,
      isShown: account.secondFactorAt !== null,
      needsPassword: !isRecent(account),
    }
  })
  totpRoutes(app, deps)
  passkeyRoutes(app, deps)
}

function totpRoutes(app: FastifyInstance, deps: SecondFactorDeps): void {
  const { beginTotp, confirmTotp, removeTotp, createRecoveryCodes } = secondFactorOperations

  serveAccount(app, beginTotp, {}, async (request, _reply, caller) => {
    await requireConfirmation(request, deps, caller, request.body.password)
    const begun = await deps.totp.begin({ ...sessionOf(caller), email: caller.account.email })
    if (begun.kind === 'ended') throw sessionEnded()
    if (begun.kind === 'exists') throw problem('totp_exists', 'This account has an authenticator app already.')
    return { secret: begun.secret, uri: begun.uri }
  })

  serveAccount(app, confirmTotp, { ifLost: lookForApp }, async (request, _reply, caller) => {
    await requireShownFactor(caller, deps)
    const outcome = await firstCode(deps, caller, request.body.code)
    if (outcome.kind === 'missing') throw problem('totp_missing', 'Begin to set up an authenticator app again.')
    if (outcome.kind === 'wrong') throw refusedCode('The code is wrong. Check the clock of the phone.')
    if (outcome.kind === 'used') throw usedCode()
    if (outcome.kind === 'ended') throw sessionEnded()
    return { recoveryCodes: outcome.recoveryCodes }
  })

  serveAccount(app, removeTotp, {}, async (request, _reply, caller) => {
    await requireConfirmation(request, deps, caller, request.body.password)
    const removal = await deps.secondFactors.removeTotp(sessionOf(caller), changeNotice(deps, 'app_removed'))
    if (removal.kind === 'ended') throw sessionEnded()
    return { status: true }
  })

  serveAccount(app, createRecoveryCodes, { ifLost: createAgain }, async (request, _reply, caller) => {
    await requireConfirmation(request, deps, caller, request.body.password)
    const outcome = await deps.recoveryCodes.replace(sessionOf(caller), changeNotice(deps, 'recovery_codes'))
    if (outcome.kind === 'ended') throw sessionEnded()
    if (outcome.kind === 'missing')
      throw problem('totp_missing', 'Recovery codes replace the codes of an app: set one up first.')
    return { recoveryCodes: outcome.recoveryCodes }
  })
}

function passkeyRoutes(app: FastifyInstance, deps: SecondFactorDeps): void {
  const { getPasskeyCreation, addPasskey, renamePasskey, removePasskey } = secondFactorOperations

  serveAccount(app, getPasskeyCreation, {}, async (request, _reply, caller) => {
    const site = requirePasskeySite(deps.configuredUrl, request)
    await requireConfirmation(request, deps, caller, request.body.password)
    const options = await deps.passkeys.creationOptions(site, caller.account)
    if (options === null) throw tooManyPasskeys()
    return options
  })

  serveAccount(app, addPasskey, { ifLost: lookForPasskey }, async (request, _reply, caller) => {
    const site = requirePasskeySite(deps.configuredUrl, request)
    await requireShownFactor(caller, deps)
    const { name, response } = request.body
    const added = { name: name.trim(), response: response as RegistrationResponseJSON }
    const outcome = await deps.passkeys.add(site, sessionOf(caller), added, changeNotice(deps, 'passkey'))
    if (outcome.kind === 'too_many') throw tooManyPasskeys()
    if (outcome.kind === 'refused')
      throw problem('passkey_refused', 'The response of the browser is not valid, or was used before.')
    return outcome.passkey
  })

  serveAccount(app, renamePasskey, {}, async ({ body }, _reply, caller) => {
    const { id, name } = body
    const renaming = await deps.passkeys.rename(sessionOf(caller), id, name.trim())
    if (renaming.kind === 'ended') throw sessionEnded()
    if (renaming.kind === 'missing') throw notFound(id)
    return { status: true }
  })

  serveAccount(app, removePasskey, {}, async (request, _reply, caller) => {
    const { id, password } = request.body
    await requireConfirmation(request, deps, caller, password)
    const notice = changeNotice(deps, 'passkey_removed')
    const removal = await deps.secondFactors.removePasskey(sessionOf(caller), id, notice)
    if (removal.kind === 'ended') throw sessionEnded()
    if (removal.kind === 'missing') throw notFound(id)
    return { status: true }
  })
}

/**
 * Wrong codes are slowed as at the sign-in, by account.
 *
 * @throws ProblemError rate_limited
 */
async function firstCode(deps: SecondFactorDeps, caller: Caller, code: string): Promise<SetUpTotpOutcome> {
  const key = `first code ${caller.account.accountId}`
  const retryAfterSeconds = await deps.attemptLimits.begin(key)
  if (retryAfterSeconds > 0) throw tooManyCodes(retryAfterSeconds)
  const notice = changeNotice(deps, 'app')
  const outcome = await deps.setUpTotp(sessionOf(caller), code, notice).catch(async (error: unknown) => {
    await deps.attemptLimits.withdrawn(key)
    throw error
  })
  if (outcome.kind === 'accepted') await deps.attemptLimits.succeeded(key)
  return outcome
}

function sessionOf({ account: { accountId }, sessionId }: Caller): FactorCaller {
  return { accountId, sessionId }
}

function tooManyPasskeys() {
  return problem('too_many_passkeys', 'This account has the most passkeys that it can have.')
}

function notFound(id: string) {
  return problem('passkey_not_found', `Your account has no passkey ${id}.`)
}
