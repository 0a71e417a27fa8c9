import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { purposeKey } from './purpose-keys.ts'

export const apiKeyPrefix = 'hfk_'

const secretBytes = 32
/** 132 bits in base64url. */
const signatureCharacters = 22
const keyPattern =
  /^(hfk_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})[A-Za-z0-9_-]{43})([A-Za-z0-9_-]{22})$/

/** API keys: `hfk_`, the key's id, by which it is found, 256 random bits, and the signature of all that. */
export type ApiKeySecrets = {
  /** A new secret of an API key, and its digest, which alone is stored. */
  issue(id: string): { key: string; digest: Buffer }
  /**
   * The id of an API key, and the digest of its secret; null: no server with one of these secrets issued it. It reads
   * nothing, so a forged key costs no query. The signature is compared in constant time.
   */
  parse(key: string): { id: string; digest: Buffer } | null
}

/** The first of the server's secrets signs API keys, every one verifies them. */
export function createApiKeySecrets(secrets: readonly string[]): ApiKeySecrets {
  const signingKeys = secrets.map((secret) => createSecretKey(purposeKey(secret, 'api-key')))
  const [newest] = signingKeys
  if (newest === undefined) throw new Error('API keys need a secret.')

  return {
    issue(id) {
      const signed = `${apiKeyPrefix}${id.replaceAll('-', '')}${randomBytes(secretBytes).toString('base64url')}`
      const key = signed + signatureOf(signed, newest)
      return { key, digest: digestOf(key) }
    },
    parse(key) {
      const [, signed, ...parts] = keyPattern.exec(key) ?? []
      const signature = parts.pop()
      if (signed === undefined || signature === undefined) return null
      const sent = Buffer.from(signature)
      // All keys are tried: the time taken must not reveal which one is valid.
      let isValid = false
      for (const one of signingKeys) {
        if (timingSafeEqual(sent, Buffer.from(signatureOf(signed, one)))) isValid = true
      }
      return isValid ? { id: parts.join('-'), digest: digestOf(key) } : null
    },
  }
}

function signatureOf(signed: string, key: KeyObject): string {
  return createHmac('sha256', key).update(signed).digest('base64url').slice(0, signatureCharacters)
}

/** A single SHA-256 is enough: nobody can guess 256 random bits. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
