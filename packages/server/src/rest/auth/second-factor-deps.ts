import type { AttemptLimits } from '../../accounts/attempt-limits.ts'
import type { OpenAccounts } from '../../accounts/open-accounts.ts'
import type { PasswordAttempts } from './password-attempts.ts'

export type SecondFactorDeps = Pick<
  OpenAccounts,
  | 'accounts'
  | 'configuredUrl'
  | 'factorBrowsers'
  | 'knownBrowsers'
  | 'passkeys'
  | 'passwords'
  | 'pendingSignIns'
  | 'principals'
  | 'recoveryCodes'
  | 'secondFactors'
  | 'sessionCookies'
  | 'sessions'
  | 'startSession'
  | 'totp'
> & { attemptLimits: AttemptLimits; attempts: PasswordAttempts }
