import { createHash, randomBytes } from 'node:crypto'

export const apiKeyPrefix = 'hfk_'

const secretBytes = 32
const keyPattern = /^hfk_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([A-Za-z0-9_-]{43})$/

/** A new secret of an API key: `hfk_`, the key's id, by which it is found, and 256 random bits; and its digest. */
export function newApiKey(id: string): { key: string; digest: Buffer } {
  const key = `${apiKeyPrefix}${id.replaceAll('-', '')}${randomBytes(secretBytes).toString('base64url')}`
  return { key, digest: digestOf(key) }
}

/** The id of an API key, and the digest of its secret; null: it is none. */
export function parseApiKey(key: string): { id: string; digest: Buffer } | null {
  const groups = keyPattern.exec(key)?.slice(1, 6)
  return groups === undefined ? null : { id: groups.join('-'), digest: digestOf(key) }
}

/** A single SHA-256 is enough: nobody can guess 256 random bits. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
