import { prepared } from '@holdfast/engine'
import { type CryptoKey, errors, importJWK, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import { jwtSeconds, keyGraceSeconds } from './jwt-times.ts'

export type JwtVerifier = {
  /** null when the token is malformed, expired or not signed by this service. Whether it was revoked is not checked. */
  verify(token: string): Promise<JwtClaims | null>
}

/** `issuedAt`: seconds since 1970, rounded down. */
export type JwtClaims = { accountId: string; sessionId: string; issuedAt: number }

/** `key` null: there is no key with this id. */
type SigningKey = { key: CryptoKey | null; expiresAtMs: number | null }
type Verified = JwtClaims & { expiresAtMs: number }

const verifiedTokensMax = 10_000
const tokenLengthMax = 2_048
const keysMax = 1_000
const keyMs = 60_000
/** An unknown key id is not looked up again during this time. Key ids are random, so an unknown one stays unknown. */
const unknownKeyMs = 5_000
/** Clocks of several servers differ a little. Not applied to `exp`. */
const clockSkewSeconds = 5
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Verifies JWTs against the keys in the database. Accepts EdDSA only, whatever the header says, and checks issuer,
 * audience and times (RFC 8725). Verified tokens are cached until they expire, because checking a signature costs far
 * more than a look-up. A key is read when a token first names it, so a key that another process just created works
 * at once.
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

  /** @throws JWKSNoMatchingKey */
  async function keyOf(kid: unknown): Promise<CryptoKey> {
    // jose does not check the type: ["…"] would pass the pattern as text, and fail in PostgreSQL.
    const found = typeof kid === 'string' && uuidPattern.test(kid) ? await keys.fetch(kid) : undefined
    const isValid = found !== undefined && (found.expiresAtMs === null || found.expiresAtMs > now())
    if (!isValid || found.key === null) throw new errors.JWKSNoMatchingKey()
    return found.key
  }

  async function verified(token: string): Promise<Verified | null> {
    const options: JWTVerifyOptions = {
      algorithms: ['EdDSA'],
      issuer,
      audience: issuer,
      requiredClaims: ['sub', 'sid', 'iat', 'exp'],
      maxTokenAge: jwtSeconds,
      clockTolerance: clockSkewSeconds,
      currentDate: new Date(now()),
    }
    try {
      const { payload } = await jwtVerify(token, (header) => keyOf(header.kid), options)
      return claimsOf(payload)
    } catch (error) {
      if (error instanceof errors.JOSEError) return null
      throw error
    }
  }

  return {
    async verify(token) {
      if (token.length > tokenLengthMax) return null
      let claims = verifiedTokens.get(token) ?? null
      if (claims === null) {
        claims = await verified(token)
        if (claims === null) return null
        verifiedTokens.set(token, claims)
      }
      return claims.expiresAtMs > now() ? claims : null
    },
  }
}

async function readKey(pool: Pool, kid: string): Promise<SigningKey> {
  const statement = sql`select "publicKey", "expiresAt" from jwks where id = ${kid}`
  const { rows } = await pool.query<{ publicKey: string; expiresAt: Date | null }>(prepared('signing_key', statement))
  const row = rows[0]
  if (row === undefined) return { key: null, expiresAtMs: null }
  const key = await importJWK(JSON.parse(row.publicKey), 'EdDSA')
  return {
    key: key instanceof Uint8Array ? null : key,
    expiresAtMs: row.expiresAt === null ? null : row.expiresAt.getTime() + keyGraceSeconds * 1000,
  }
}

/** null for a token that is also meant for other audiences, or that names no account or no session. */
function claimsOf({ sub, aud, exp, iat, sid }: JWTPayload): Verified | null {
  if (typeof aud !== 'string' || !isUuid(sub) || !isUuid(sid)) return null
  if (exp === undefined || iat === undefined) return null
  return { accountId: sub, sessionId: sid, issuedAt: iat, expiresAtMs: exp * 1000 }
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuidPattern.test(value)
}
