import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Pool } from 'pg'
import { keyGraceSeconds } from './auth.ts'

export type JwtVerifier = {
  /** The account a token speaks for; null for a token that is not ours, not valid any more, or not signed by us. */
  verify(token: string): Promise<string | null>
}

/** `key` null: there is no key of that name. */
type SigningKey = { key: KeyObject | null; expiresAtMs: number | null }
type Verified = { accountId: string; expiresAtMs: number }

const verifiedTokensMax = 10_000
const tokenLengthMax = 2_048
const keysMax = 1_000
const keyMs = 60_000
/** A name nobody has is not looked up again at once; names are made up by us, so none becomes valid later. */
const unknownKeyMs = 5_000
/** Clocks of several servers differ a little. */
const clockSkewMs = 5_000
const jwtPattern = /^[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{1,1400}\.[A-Za-z0-9_-]{86}$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Verifies JWTs against the keys in the database: EdDSA and nothing else, whatever the header says; issuer, audience and
 * times checked (RFC 8725). Verified tokens are remembered until they expire, as a signature costs 60 µs. A key is read
 * when a token first names it, so that one just made, by whichever process, is known at once.
 *
 * @param pool connected with `search_path=auth`
 */
export function createJwtVerifier(pool: Pool, issuer: string, now: () => number = Date.now): JwtVerifier {
  const verifiedTokens = new LRUCache<string, Verified>({ max: verifiedTokensMax })
  const keys = new LRUCache<string, SigningKey>({
    max: keysMax,
    ttl: keyMs,
    fetchMethod: async (kid, _stale, { options }) => {
      const found = await readKey(pool, kid)
      if (found.key === null) options.ttl = unknownKeyMs
      return found
    },
  })

  async function keyOf(kid: string): Promise<KeyObject | null> {
    if (!uuidPattern.test(kid)) return null
    const found = await keys.fetch(kid)
    if (found === undefined) return null
    return found.expiresAtMs === null || found.expiresAtMs > now() ? found.key : null
  }

  return {
    async verify(token) {
      const known = verifiedTokens.get(token)
      if (known !== undefined) return known.expiresAtMs > now() ? known.accountId : null
      if (token.length > tokenLengthMax || !jwtPattern.test(token)) return null
      const [head = '', body = '', signature = ''] = token.split('.')
      const header = jsonOf(head)
      if (header?.alg !== 'EdDSA' || typeof header.kid !== 'string' || 'crit' in header) return null
      const key = await keyOf(header.kid)
      if (key === null || key.asymmetricKeyType !== 'ed25519') return null
      if (!verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) return null
      const claims = checkedClaims(jsonOf(body), issuer, now())
      if (claims === null) return null
      verifiedTokens.set(token, claims)
      return claims.accountId
    },
  }
}

async function readKey(pool: Pool, kid: string): Promise<SigningKey> {
  const { rows } = await pool.query<{ publicKey: string; expiresAt: Date | null }>({
    name: 'signing_key',
    text: 'select "publicKey", "expiresAt" from jwks where id = $1',
    values: [kid],
  })
  const row = rows[0]
  if (row === undefined) return { key: null, expiresAtMs: null }
  return {
    key: createPublicKey({ key: JSON.parse(row.publicKey), format: 'jwk' }),
    expiresAtMs: row.expiresAt === null ? null : row.expiresAt.getTime() + keyGraceSeconds * 1000,
  }
}

/** null: for somebody else, by somebody else, or not at this time. */
function checkedClaims(payload: Record<string, unknown> | null, issuer: string, nowMs: number): Verified | null {
  if (payload === null || payload.iss !== issuer || payload.aud !== issuer) return null
  const { sub, exp, nbf, iat } = payload
  if (typeof sub !== 'string' || !uuidPattern.test(sub)) return null
  if (typeof exp !== 'number' || exp * 1000 <= nowMs) return null
  for (const notBefore of [nbf, iat]) {
    if (notBefore === undefined) continue
    if (typeof notBefore !== 'number' || notBefore * 1000 > nowMs + clockSkewMs) return null
  }
  return { accountId: sub, expiresAtMs: exp * 1000 }
}

function jsonOf(base64url: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
