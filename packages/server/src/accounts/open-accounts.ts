import type { DatabasePool } from '@holdfast/engine'
import type { Config } from '../config/config.ts'
import type { Logger } from '../observe/logger.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import { accountsPool } from './accounts-schema.ts'
import { type Auth, createAuth } from './auth.ts'
import { createJwtVerifier, type JwtVerifier } from './jwt-verifier.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { createPrincipals, type Principals } from './principals.ts'
import { createSessionCookies, type SessionCookies } from './session-cookie.ts'
import { retireUnreadableKeys } from './signing-keys.ts'

export type OpenAccounts = {
  accounts: Accounts
  auth: Auth
  passwords: Passwords
  principals: Principals
  jwtVerifier: JwtVerifier
  sessionCookies: SessionCookies
  /** The public address of this server. */
  publicUrl: string
  pool: DatabasePool
  close(): Promise<void>
}

/** Everything about accounts, on a separate pool. Used by the server and by `admin create`. */
export async function openAccounts(
  config: Pick<Config, 'accountsPoolSize' | 'passwordHashesMax' | 'publicUrl' | 'port'>,
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
  const auth = createAuth({ pool, secrets, publicUrl, issuer, passwords, onError })
  const principals = createPrincipals(pool)
  return {
    accounts: createAccounts(pool, auth, passwords, principals),
    auth,
    passwords,
    principals,
    jwtVerifier: createJwtVerifier(pool, issuer),
    sessionCookies: createSessionCookies(secrets, publicUrl.startsWith('https://')),
    publicUrl,
    pool,
    close: () => pool.end(),
  }
}
