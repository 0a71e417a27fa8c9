import { secondFactorOperations } from '@holdfast/contract'
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SignedInUser } from '../../accounts/accounts.ts'
import type { MarkedAccount } from '../../accounts/marked-account.ts'
import type { SignInCodeOutcome } from '../../accounts/second-factors/sign-in-codes.ts'
import { isChallenge } from '../../accounts/sessions/pending-sign-ins.ts'
import { type SessionOrigin, sessionSeconds } from '../../accounts/sessions/start-session.ts'
import { isOwnPage } from '../../edge/authentication/csrf.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import { requirePasskeySite } from './passkey-site-of.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { serveAccount } from './serve-account.ts'
import { noticeSignIn } from './sign-in-notice.ts'

const lenient = { authentication: 'lenient', isCountedByRoute: true } as const
const signInAgain = 'Sign in again.'

/** Sign-ins with a second factor: a code after the password, or a passkey instead of both. */
export async function secondStepRoutes(app: FastifyInstance, deps: SecondFactorDeps): Promise<void> {
  const { signInWithCode, signInWithPasskey, getPasskeySignIn } = secondFactorOperations
  const countPasskeyRequest = async (request: FastifyRequest, reply: FastifyReply) =>
    app.rateLimits.countPasskeyRequest(request, reply)

  serveAccount(
    app,
    signInWithCode,
    {
      ...lenient,
      ifLost: signInAgain,
      preValidation: (request, reply) => countCode(app, request, reply, deps),
    },
    async (request, reply) => {
      const { challenge, code, rememberMe = true } = request.body
      const accountId = await deps.pendingSignIns.accountOf(challenge)
      if (accountId === null) throw expired()
      const signIn = await signInOf(deps, accountId)
      if (signIn === null) throw expired()
      request.subjectAccountId = accountId
      const token = await acceptCode(request, deps, signIn.account, { challenge, code, isRemembered: rememberMe })
      return afterCommit(() => completeSignIn(request, reply, deps, { ...signIn, token, isRemembered: rememberMe }))
    },
  )

  serveAccount(
    app,
    getPasskeySignIn,
    {
      ...lenient,
      preValidation: countPasskeyRequest,
    },
    async (request) => deps.passkeys.requestOptions(requirePasskeySite(deps.configuredUrl, request)),
  )

  serveAccount(
    app,
    signInWithPasskey,
    {
      ...lenient,
      ifLost: signInAgain,
      preValidation: countPasskeyRequest,
    },
    async (request, reply) => {
      const { response, rememberMe = true } = request.body
      const site = requirePasskeySite(deps.configuredUrl, request)
      const verified = await deps.passkeys.verify(site, response as AuthenticationResponseJSON)
      const signIn = verified === null ? null : await signInOf(deps, verified.accountId)
      if (verified === null || signIn === null) throw refusedPasskey()
      request.subjectAccountId = verified.accountId
      const token = await deps.passkeys.signIn(verified, sessionOrigin(request, rememberMe))
      if (token === null) throw refusedPasskey()
      return afterCommit(() => completeSignIn(request, reply, deps, { ...signIn, token, isRemembered: rememberMe }))
    },
  )
}

/** `account`: read before the session starts, so that a change of the password meanwhile voids the browser's marks. */
type SignIn = { user: SignedInUser; account: MarkedAccount }

async function signInOf({ accounts, sessions }: SecondFactorDeps, id: string): Promise<SignIn | null> {
  const account = await sessions.markedAccount({ id })
  const user = await accounts.userById(id)
  return account === null || user === null ? null : { user, account }
}

/**
 * A sign-in that has begun is counted by the account, like failed codes below: a clinic's people share an address. That
 * account is looked up, so each request counts for its address first, with a limit that they do not reach together.
 *
 * @throws ProblemError rate_limited
 */
async function countCode(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, deps: SecondFactorDeps) {
  await app.rateLimits.countCodeRequest(request, reply)
  // The body is not validated yet.
  const { body } = request
  const challenge = typeof body === 'object' && body !== null && 'challenge' in body ? body.challenge : null
  const accountId = isChallenge(challenge) ? await deps.pendingSignIns.accountOf(challenge) : null
  const account = accountId === null ? null : await deps.sessions.markedAccount({ id: accountId })
  if (account === null) await app.rateLimits.countRequest(request, reply)
  else await app.rateLimits.countSignInRequest(request, reply, attemptsKey(request, deps, account))
}

/**
 * Codes count for the account, wherever they come from. All browsers where a sign-in with a second factor was completed
 * have one other key together: somebody who only knows the password cannot keep the owner out there, and no number of
 * browsers gives more attempts. Browsers that are known by the password do not count: the password gives as many as one
 * likes.
 */
function attemptsKey({ headers }: FastifyRequest, deps: SecondFactorDeps, account: MarkedAccount): string {
  const isKnown = deps.factorBrowsers.idOf(headers.cookie, account) !== null
  return isKnown ? `code ${account.id} factor shown` : `code ${account.id}`
}

/**
 * @returns the token of the session that the code has started, unsigned
 * @throws ProblemError code_wrong, code_used, sign_in_expired, rate_limited
 */
async function acceptCode(
  request: FastifyRequest,
  deps: SecondFactorDeps,
  account: MarkedAccount,
  { isRemembered, ...sent }: { challenge: string; code: string; isRemembered: boolean },
): Promise<string> {
  const key = attemptsKey(request, deps, account)
  const retryAfterSeconds = await deps.attemptLimits.begin(key)
  if (retryAfterSeconds > 0) throw tooManyCodes(retryAfterSeconds)
  const signIn = { accountId: account.id, ...sent }
  const origin = sessionOrigin(request, isRemembered)
  const outcome = await deps.signInCodes.complete(signIn, origin).catch(async (error: unknown) => {
    await deps.attemptLimits.withdrawn(key)
    throw error
  })
  if (outcome.kind === 'expired') await deps.attemptLimits.withdrawn(key)
  if (outcome.kind !== 'accepted') throw refusalOf(outcome)
  await afterCommit(async () => deps.attemptLimits.succeeded(key))
  return outcome.token
}

function refusalOf({ kind }: Exclude<SignInCodeOutcome, { kind: 'accepted' }>): ProblemError {
  if (kind === 'expired') return expired()
  if (kind === 'recovery_code_wrong') return refusedCode('This recovery code is wrong, or used.')
  return kind === 'used' ? usedCode() : refusedCode('The code is wrong, or too old.')
}

export function tooManyCodes(retryAfterSeconds: number): ProblemError {
  return problem('rate_limited', 'Too many wrong codes. Wait before the next attempt.', { retryAfterSeconds })
}

export function refusedCode(message: string): ProblemError {
  return problem('code_wrong', message, { errors: [{ path: '/code', message }] })
}

export function usedCode(): ProblemError {
  const message = 'This code was used already: wait for the next one.'
  return problem('code_used', message, { errors: [{ path: '/code', message }] })
}

function expired(): ProblemError {
  return problem(
    'sign_in_expired',
    'Sign in again: this took longer than ten minutes, or the password was changed meanwhile.',
  )
}

function refusedPasskey(): ProblemError {
  return problem('passkey_refused', 'This passkey is not known here, or its response is not valid.')
}

export function sessionOrigin({ headers, ip }: FastifyRequest, isRemembered: boolean): SessionOrigin {
  return { ipAddress: ip, userAgent: headers['user-agent']?.slice(0, 300) ?? '', isRemembered }
}

/** Responds like the accounts library does after the password alone. The session has been committed. */
async function completeSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: SecondFactorDeps,
  { user, account, token, isRemembered }: SignIn & { token: string; isRemembered: boolean },
) {
  if (request.sessionToken !== null) await deps.sessions.endByToken(request.sessionToken)
  await deps.sessions.endOldest(user.id)
  const signed = deps.sessionCookies.signed(token)
  void reply.header('set-cookie', deps.sessionCookies.setCookie(signed, isRemembered ? sessionSeconds : null))
  const isKnownBrowser = deps.knownBrowsers.idOf(request.headers.cookie, account) !== null
  await noticeSignIn(request, deps, { accountId: user.id, isKnownBrowser, language: null })
  for (const browsers of [deps.knownBrowsers, deps.factorBrowsers]) {
    void reply.header('set-cookie', browsers.setCookie(request.headers.cookie, account))
  }
  // The site has its cookie, which its scripts cannot read.
  if (isOwnPage(request, deps.publicUrl)) return { token: null, user }
  void reply.header('set-auth-token', signed)
  return { token: signed, user }
}
