import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { bearer, jwt } from 'better-auth/plugins'
import type { Pool } from 'pg'
import { accountsSecrets } from '../secrets/purpose-keys.ts'
import type { Passwords } from './passwords.ts'

const sessionSeconds = 30 * 24 * 3600
/** Lifetime of a JWT. */
export const jwtSeconds = 15 * 60
/** How long a key signs before the next one is created. */
const keyRotationSeconds = 30 * 24 * 3600
/**
 * How long a key still verifies after its last signature: longer than any token is valid, so rotation logs nobody
 * out.
 */
export const keyGraceSeconds = 24 * 3600
export const passwordLength = { min: 10, max: 128 }

/** Passes the client's address to better-auth. A header of this name from the client is never passed on. */
export const clientAddressHeader = 'x-holdfast-client-address'

export type AuthSettings = {
  /** Connected with `search_path=auth`. */
  pool: Pool
  /** The first signs, all verify. */
  secrets: readonly string[]
  /** The public origin. With https, cookies are Secure. */
  publicUrl: string
  /** `iss` and `aud` of JWTs. */
  issuer: string
  passwords: Passwords
  onError: (message: string) => void
}

/** Sign-up, sign-in, sessions and JWTs with better-auth. Every option that it could infer is set explicitly. */
export function createAuth(settings: AuthSettings) {
  return betterAuth(authOptions(settings))
}

export type Auth = ReturnType<typeof createAuth>

/** The options. They also determine the tables. */
export function authOptions(settings: AuthSettings) {
  return {
    appName: 'Holdfast',
    baseURL: settings.publicUrl,
    basePath: '/api/auth',
    secrets: accountsSecrets(settings.secrets),
    database: settings.pool,
    telemetry: { enabled: false },
    // edge/rate-limits.ts counts requests, for all routes alike.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      revokeSessionsOnPasswordReset: true,
      // For an unknown e-mail address the password is hashed once, which takes as long as checking it.
      password: { hash: settings.passwords.hash, verify: settings.passwords.verify },
    },
    session: { expiresIn: sessionSeconds, disableSessionRefresh: true, cookieCache: { enabled: false } },
    user: { changeEmail: { enabled: false }, deleteUser: { enabled: false } },
    plugins: [
      bearer(),
      jwt({
        disableSettingJwtHeader: true,
        jwks: {
          keyPairConfig: { alg: 'EdDSA', crv: 'Ed25519' },
          rotationInterval: keyRotationSeconds,
          gracePeriod: keyGraceSeconds,
        },
        jwt: {
          issuer: settings.issuer,
          audience: settings.issuer,
          expirationTime: `${jwtSeconds}s`,
          // The default is the whole user. The account id (`sub`) is enough.
          definePayload: () => ({}),
        },
      }),
    ],
    advanced: {
      database: { generateId: 'uuid' },
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
      useSecureCookies: settings.publicUrl.startsWith('https://'),
    },
    logger: {
      level: 'error',
      // The messages may contain e-mail addresses, so only the fact that there was one is logged.
      log: (level) => settings.onError(`The accounts library reports a problem of level ${level}.`),
    },
    onAPIError: { throw: false },
  } satisfies BetterAuthOptions
}
