import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Pool } from 'pg'
import { keyGraceSeconds } from './auth.ts'

export type JwtVerifier = {
  /** The account a token speaks for; null for a token that is not ours, not valid any more, or not signed by us. */
  verify(token: string): Promise<string | null>
}

type SigningKey = { key: KeyObject; expiresAtMs: number | null }
type Verified = { accountId: string; expiresAtMs: number }

const verifiedTokensMax = 10_000
const tokenLengthMax = 2_048
/** How often a token with an unknown key may make us ask the database for new keys. */
const keyReloadMsMin = 2_000
/** Clocks of several servers differ a little. */
const clockSkewMs = 5_000
const jwtPattern = /^[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{1,1400}\.[A-Za-z0-9_-]{86}$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Verifies JWTs against the keys in the database: EdDSA and nothing else, whatever the header says; issuer, audience and
 * times checked (RFC 8725). Verified tokens are remembered until they expire, as a signature costs 60 µs. Keys are read
 * again when a token names an unknown one.
 *
 * @param pool connected with `search_path=auth`
 */
export function createJwtVerifier(pool: Pool, issuer: string, now: () => number = Date.now): JwtVerifier {
  const verifiedTokens = new LRUCache<string, Verified>({ max: verifiedTokensMax })
  let keys = new Map<string, SigningKey>()
  let loadedAtMs = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | null = null

  async function load(): Promise<void> {
    const { rows } = await pool.query<{ id: string; publicKey: string; expiresAt: Date | null }>(
      'select id::text, "publicKey", "expiresAt" from jwks order by "createdAt" desc limit 100',
    )
    keys = new Map(
      rows.map((row) => [
        row.id,
        {
          key: createPublicKey({ key: JSON.parse(row.publicKey), format: 'jwk' }),
          expiresAtMs: row.expiresAt === null ? null : row.expiresAt.getTime() + keyGraceSeconds * 1000,
        },
      ]),
    )
    loadedAtMs = now()
  }

  async function keyOf(kid: string): Promise<KeyObject | null> {
    if (!keys.has(kid) && now() - loadedAtMs >= keyReloadMsMin) {
      loading ??= load().finally(() => {
        loading = null
      })
      await loading
    }
    const found = keys.get(kid)
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
