import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { bearer, jwt } from 'better-auth/plugins'
import type { Pool } from 'pg'
import { accountsSecrets } from '../secrets/purpose-keys.ts'
import type { Passwords } from './passwords.ts'

const sessionSeconds = 30 * 24 * 3600
/** Lifetime of a JWT. */
export const jwtSeconds = 15 * 60
/** A key signs this long; then the next one is made. */
const keyRotationSeconds = 30 * 24 * 3600
/** How long after its last signature a key still verifies: longer than any token it signed, so rotation logs nobody out. */
export const keyGraceSeconds = 24 * 3600
export const passwordLength = { min: 10, max: 128 }

/** The header in which the edge hands the client's address on; what a client sends under this name never gets here. */
export const clientAddressHeader = 'x-holdfast-client-address'

export type AuthSettings = {
  /** Connected with `search_path=auth`. */
  pool: Pool
  /** The first signs, all verify. */
  secrets: readonly string[]
  /** Origin seen from outside; https makes cookies Secure. */
  publicUrl: string
  /** `iss` and `aud` of JWTs. */
  issuer: string
  passwords: Passwords
  onError: (message: string) => void
}

/** Sign-up, sign-in, sessions and JWTs: better-auth, with everything it could guess pinned down. */
export function createAuth(settings: AuthSettings) {
  return betterAuth(authOptions(settings))
}

export type Auth = ReturnType<typeof createAuth>

/** The options, also what its tables are made from. */
export function authOptions(settings: AuthSettings) {
  return {
    appName: 'Holdfast',
    baseURL: settings.publicUrl,
    basePath: '/api/auth',
    secrets: accountsSecrets(settings.secrets),
    database: settings.pool,
    telemetry: { enabled: false },
    // The edge counts, for all routes alike.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      revokeSessionsOnPasswordReset: true,
      // An unknown e-mail address is answered after hashing the password once: the same work as checking it.
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
          // The default is the whole user. A program needs to be told apart, no more.
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
      // Its messages may hold an e-mail address: they stay out of the log, their existence does not.
      log: (level) => settings.onError(`The accounts library reports a problem of level ${level}.`),
    },
    onAPIError: { throw: false },
  } satisfies BetterAuthOptions
}
