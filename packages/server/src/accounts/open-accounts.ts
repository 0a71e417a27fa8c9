import type { DatabasePool } from '@holdfast/engine'
import type { Config } from '../config/config.ts'
import type { Logger } from '../observe/logger.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import { accountsPool } from './accounts-schema.ts'
import { type AttemptLimits, createAttemptLimits, noAttemptLimits } from './attempt-limits.ts'
import { type Auth, createAuth } from './auth.ts'
import { createJwtVerifier, type JwtVerifier } from './jwt-verifier.ts'
import { createKnownBrowsers, type KnownBrowsers } from './known-browsers.ts'
import { createPasskeys, type Passkeys } from './passkeys.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { createPendingSignIns, type PendingSignIns } from './pending-sign-ins.ts'
import { createPrincipals, type Principals } from './principals.ts'
import { createRecoveryCodes, type RecoveryCodes } from './recovery-codes.ts'
import { createSecondFactors, type SecondFactors } from './second-factors.ts'
import { createSecretBox } from './secret-box.ts'
import { createSessionCookies, type SessionCookies } from './session-cookie.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { retireUnreadableKeys } from './signing-keys.ts'
import { createStartSession, type StartSession } from './start-session.ts'
import { createTotp, type Totp } from './totp.ts'

export { refusalText } from './new-passwords.ts'
export { makeSiteAdministrator } from './site-administrators.ts'

export type OpenAccounts = {
  accounts: Accounts
  auth: Auth
  passwords: Passwords
  principals: Principals
  sessions: Sessions
  jwtVerifier: JwtVerifier
  sessionCookies: SessionCookies
  knownBrowsers: KnownBrowsers
  /** Where a sign-in with a second factor was completed. */
  factorBrowsers: KnownBrowsers
  attemptLimits: AttemptLimits
  secondFactors: SecondFactors
  totp: Totp
  recoveryCodes: RecoveryCodes
  passkeys: Passkeys
  pendingSignIns: PendingSignIns
  startSession: StartSession
  /** The public address of this server. */
  publicUrl: string
  /** HOLDFAST_URL; null: not set. */
  configuredUrl: string | null
  pool: DatabasePool
  close(): Promise<void>
}

type OpenSettings =
  | 'accountsPoolSize'
  | 'passwordHashesMax'
  | 'publicUrl'
  | 'port'
  | 'sessionIdleHours'
  | 'sessionIdleHoursStaff'
  | 'rateLimit'
  | 'limitSignInsPerEmail'
  | 'adminsNeedSecondFactor'

const hourSeconds = 3600

/** Everything about accounts, on a separate pool. Used by the server and by `admin create`. */
export async function openAccounts(
  config: Pick<Config, OpenSettings>,
  database: { appUrl: string; secrets: string[] },
  log: Logger,
): Promise<OpenAccounts> {
  const pool = accountsPool(database.appUrl, config.accountsPoolSize, 'holdfast accounts')
  const passwords = createPasswords(config.passwordHashesMax)
  const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`
  const issuer = config.publicUrl ?? 'holdfast'
  const { secrets } = database
  await retireUnreadableKeys(pool, secrets)
  const onError = (message: string) => log.error(message)
  const isSecure = publicUrl.startsWith('https://')
  const idle = {
    patientSeconds: config.sessionIdleHours * hourSeconds,
    staffSeconds: config.sessionIdleHoursStaff * hourSeconds,
  }
  const principals = createPrincipals(pool, idle, config.adminsNeedSecondFactor)
  const sessions = createSessions(pool, principals, idle)
  const onPasswordReset = sessions.passwordChosen
  const auth = await createAuth({ pool, secrets, publicUrl, issuer, passwords, onPasswordReset, onError })
  const secondFactors = createSecondFactors(pool, principals, sessions)
  return {
    accounts: createAccounts(pool, auth, passwords, sessions),
    auth,
    passwords,
    principals,
    sessions,
    jwtVerifier: createJwtVerifier(pool, issuer),
    sessionCookies: createSessionCookies(secrets, isSecure),
    knownBrowsers: createKnownBrowsers(secrets, isSecure),
    factorBrowsers: createKnownBrowsers(secrets, isSecure, 'second-factor-browser'),
    attemptLimits: config.rateLimit ? createAttemptLimits(config.limitSignInsPerEmail) : noAttemptLimits,
    secondFactors,
    totp: createTotp(pool, createSecretBox(auth)),
    recoveryCodes: createRecoveryCodes(pool),
    passkeys: createPasskeys(pool, auth),
    pendingSignIns: createPendingSignIns(auth),
    startSession: createStartSession(auth, secondFactors),
    publicUrl,
    configuredUrl: config.publicUrl,
    pool,
    close: () => pool.end(),
  }
}
