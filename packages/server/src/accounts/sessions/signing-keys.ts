import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { accountsSecrets } from '../../secrets/purpose-keys.ts'

/**
 * Retires signing keys whose private key cannot be decrypted with a configured secret (HOLDFAST_SECRET was replaced
 * without keeping the old one). The next token then creates a new key instead of failing. Tokens that were already
 * signed stay valid until they expire.
 *
 * @param pool connected with `search_path=auth`
 * @returns how many were retired
 */
export async function retireUnreadableKeys(pool: Pool, secrets: readonly string[]): Promise<number> {
  // better-auth writes `$ba$<version of the secret>$<ciphertext>`, as a JSON string.
  const readable = accountsSecrets(secrets).map((secret) => `"$ba$${secret.version}$`)
  const { rowCount } = await pool.query(sql`
    update jwks set "expiresAt" = now()
     where ("expiresAt" is null or "expiresAt" > now())
       and not exists (select from unnest(${readable}::text[]) readable where starts_with("privateKey", readable))`)
  return rowCount ?? 0
}
