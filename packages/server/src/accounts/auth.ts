import { passwordLength } from '@holdfast/vocabulary'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getAdapter } from 'better-auth/db/adapter'
import { bearer, jwt } from 'better-auth/plugins'
import type { Pool } from 'pg'
import { accountsSecrets } from '../secrets/purpose-keys.ts'
import { emailLinkTables, formerEmailTables } from './emails/email-link-tables.ts'
import { createLibraryFailures } from './library-failures.ts'
import { passwordLinkColumns } from './passwords/password-links.ts'
import type { Passwords } from './passwords/passwords.ts'
import { secondFactorTables } from './second-factors/second-factor-tables.ts'
import { withHashedSessionTokens } from './sessions/hashed-session-tokens.ts'
import { jwtSeconds, keyGraceSeconds } from './sessions/jwt-times.ts'
import { sessionCookieName } from './sessions/session-cookie.ts'
import { sessionSeconds } from './sessions/start-session.ts'

/** How long a key signs before the next one is created. */
const keyRotationSeconds = 30 * 24 * 3600

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
export async function createAuth(settings: AuthSettings) {
  const failures = createLibraryFailures()
  const options = authOptions(settings)
  const adapter = failures.noted(withHashedSessionTokens(await getAdapter(options)))
  const auth = betterAuth({ ...options, database: () => adapter })
  const { handler } = auth
  return Object.assign(auth, { handler: (request: Request) => failures.run(() => handler(request)) })
}

export type Auth = Awaited<ReturnType<typeof createAuth>>

/** The options. They also determine the tables. */
export function authOptions(settings: AuthSettings) {
  const isSecure = settings.publicUrl.startsWith('https://')
  return {
    appName: 'Holdfast',
    baseURL: settings.publicUrl,
    basePath: '/api/auth',
    secrets: accountsSecrets(settings.secrets),
    database: settings.pool,
    telemetry: { enabled: false },
    // edge/rate-limits/rate-limits.ts counts requests, for all routes alike.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      // Otherwise sign-up would reveal whether the address has an account.
      autoSignIn: false,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      // For an unknown e-mail address the password is hashed once, which takes as long as checking it.
      password: { hash: settings.passwords.hash, verify: settings.passwords.verify },
    },
    // The library stores no tokens there; those of reset links, pending sign-ins and passkey challenges are rows of
    // this server, with digests.
    verification: { storeIdentifier: 'hashed' },
    session: { expiresIn: sessionSeconds, disableSessionRefresh: true, cookieCache: { enabled: false } },
    user: {
      changeEmail: { enabled: false },
      deleteUser: { enabled: false },
      // JWTs issued before this time are refused; see principals.ts.
      additionalFields: {
        tokensValidFrom: { type: 'date', required: false, input: false, returned: false },
        // Calendar feeds that the account created before have ended, also where they cannot be deleted: sessions.ts.
        feedsValidFrom: { type: 'date', required: false, input: false, returned: false },
        // Somebody else knows the password; see edge/authentication/authentication.ts.
        mustChangePassword: { type: 'boolean', required: false, input: false, defaultValue: false },
        // The language of mails to the account's person.
        language: { type: 'string', required: false, input: false, returned: false },
        // null: never, or before there were notices of sign-ins; see sign-in-notices.ts.
        firstSignInAt: { type: 'date', required: false, input: false, returned: false },
        // When `emailVerified` became true for this address; see long-proven-address.ts.
        emailVerifiedAt: { type: 'date', required: false, input: false, returned: false },
        // When the person last removed a factor that had been there for long; see long-proven-address.ts.
        factorRemovedAt: { type: 'date', required: false, input: false, returned: false },
        // The id of the session in which they did: what replaces the factor is added there.
        factorRemovedBy: { type: 'string', required: false, input: false, returned: false },
      },
    },
    plugins: [
      secondFactorTables,
      passwordLinkColumns,
      emailLinkTables,
      formerEmailTables,
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
          // The default is the whole user. The account id (`sub`) and the session, with which the JWT ends, are enough.
          definePayload: ({ session }) => ({ sid: session.id }),
        },
      }),
    ],
    advanced: {
      database: { generateId: 'uuid' },
      ipAddress: { ipAddressHeaders: [clientAddressHeader] },
      // The library would add `__Secure-`, which a page of a neighbouring subdomain may also set; `__Host-` it may not.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: isSecure },
      cookies: { session_token: { name: sessionCookieName(isSecure) } },
    },
    logger: {
      level: 'error',
      // The messages may contain e-mail addresses, so only the fact that there was one is logged.
      log: (level) => settings.onError(`The accounts library reports a problem of level ${level}.`),
    },
    // Errors that are no refusals. The library would log them whole, and PostgreSQL's quote the row.
    onAPIError: { throw: true },
  } satisfies BetterAuthOptions
}
