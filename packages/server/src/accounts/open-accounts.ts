import type { DatabasePool } from '@holdfast/engine'
import type { Config } from '../config/config.ts'
import type { Logger } from '../observe/logger.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import { accountsPool } from './accounts-schema.ts'
import {
  type AttemptLimits,
  createAttemptLimits,
  type LocalAttemptLimits,
  noAttemptLimits,
} from './attempts/attempt-limits.ts'
import { createKnownBrowsers, type KnownBrowsers } from './attempts/known-browsers.ts'
import { type Auth, createAuth } from './auth.ts'
import { createEmailLinks, type EmailLinks } from './emails/email-links.ts'
import { createReservedAddresses, type ReservedAddresses } from './emails/reserved-addresses.ts'
import { createSignInNotices, type SignInNotices } from './emails/sign-in-notices.ts'
import { createSignUpNotices, type SignUpNotices } from './emails/sign-up-notices.ts'
import { createChangeNotices } from './notices/change-notices.ts'
import { type ChangePassword, createChangePassword } from './passwords/change-password.ts'
import { createPasswordLinks, type PasswordLinks } from './passwords/password-links.ts'
import { createPasswords, type Passwords } from './passwords/passwords.ts'
import { createPasskeys, type Passkeys } from './second-factors/passkeys.ts'
import { createRecoveryCodes, type RecoveryCodes } from './second-factors/recovery-codes.ts'
import { createSecondFactors, type SecondFactors } from './second-factors/second-factors.ts'
import { createSecretBox } from './second-factors/secret-box.ts'
import { createSetUpTotp, type SetUpTotp } from './second-factors/set-up-totp.ts'
import { createSignInCodes, type SignInCodes } from './second-factors/sign-in-codes.ts'
import { createTotp, type Totp } from './second-factors/totp.ts'
import { createJwtVerifier, type JwtVerifier } from './sessions/jwt-verifier.ts'
import { createPendingSignIns, type PendingSignIns } from './sessions/pending-sign-ins.ts'
import { createPrincipals, type Principals, type Revocations } from './sessions/principals.ts'
import { type Elsewhere, rightsBesideOthers } from './sessions/rights-beside-others.ts'
import { type RoleShards, rightsInShards } from './sessions/rights-in-shards.ts'
import { createSessionCookies, type SessionCookies } from './sessions/session-cookie.ts'
import { createSessions, type Sessions } from './sessions/sessions.ts'
import { retireUnreadableKeys } from './sessions/signing-keys.ts'

export { refusalText } from './passwords/new-passwords.ts'
export { createSiteAdministrator, type Owner, promoteToSiteAdministrator } from './site-administrators.ts'

export type OpenAccounts = {
  accounts: Accounts & PasswordLinks & EmailLinks & SignUpNotices & ReservedAddresses
  auth: Auth
  passwords: Passwords
  changePassword: ChangePassword
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
  signInCodes: SignInCodes
  signInNotices: SignInNotices
  setUpTotp: SetUpTotp
  /** The public address of this server. */
  publicUrl: string
  /** HOLDFAST_URL; null: not set. */
  configuredUrl: string | null
  pool: DatabasePool
  close(): Promise<void>
}

export type SharedAccounts = { attemptLimits: (own: LocalAttemptLimits) => AttemptLimits; revocations: Revocations }

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

/**
 * Everything about accounts, on a separate pool. Used by the server and by `admin create`.
 *
 * @param shared with other processes: their limits, and whose sessions they ended
 * @param roles of a server with several databases: where it reads them; otherwise, which clinics are in other ones
 */
export async function openAccounts(
  config: Pick<Config, OpenSettings>,
  database: { appUrl: string; secrets: string[] },
  log: Logger,
  shared: SharedAccounts | null = null,
  roles: RoleShards | { elsewhere: Elsewhere } = { elsewhere: () => null },
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
  const { attemptLimits, revocations } = shared ?? {
    attemptLimits: (own: LocalAttemptLimits) => own,
    revocations: null,
  }
  const rights = 'elsewhere' in roles ? rightsBesideOthers(pool, roles.elsewhere) : rightsInShards(pool, roles)
  const principals = createPrincipals(pool, idle, config.adminsNeedSecondFactor, { revocations, rights })
  const sessions = createSessions(pool, principals, idle)
  const auth = await createAuth({ pool, secrets, publicUrl, issuer, passwords, onError })
  const totp = createTotp(pool, createSecretBox(auth))
  const pendingSignIns = createPendingSignIns(pool)
  const changeNotices = createChangeNotices(rights)
  const recoveryCodes = createRecoveryCodes(pool, changeNotices)
  return {
    accounts: {
      ...createAccounts(pool, passwords, principals),
      ...createPasswordLinks(pool, passwords, principals, rights, changeNotices),
      ...createEmailLinks(pool, principals, rights),
      ...createSignUpNotices(pool),
      ...createReservedAddresses(pool),
    },
    auth,
    passwords,
    changePassword: createChangePassword(pool, passwords, principals, changeNotices),
    principals,
    sessions,
    jwtVerifier: createJwtVerifier(pool, issuer),
    sessionCookies: createSessionCookies(secrets, isSecure),
    knownBrowsers: createKnownBrowsers(secrets, isSecure),
    factorBrowsers: createKnownBrowsers(secrets, isSecure, 'second-factor-browser'),
    attemptLimits: config.rateLimit ? attemptLimits(createAttemptLimits(config.limitSignInsPerEmail)) : noAttemptLimits,
    secondFactors: createSecondFactors(pool, principals, changeNotices),
    totp,
    recoveryCodes,
    passkeys: createPasskeys(pool, principals, changeNotices),
    pendingSignIns,
    signInCodes: createSignInCodes(pool, pendingSignIns, { totp, recoveryCodes }),
    signInNotices: createSignInNotices(pool, rights),
    setUpTotp: createSetUpTotp(pool, totp, principals, changeNotices),
    publicUrl,
    configuredUrl: config.publicUrl,
    pool,
    close: () => pool.end(),
  }
}
