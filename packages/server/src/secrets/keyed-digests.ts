import { createHmac, createSecretKey } from 'node:crypto'
import { type KeyPurpose, purposeKey } from './purpose-keys.ts'

/**
 * A function that turns a text into 128 bits of its HMAC-SHA256, as a UUID, under the server's newest secret. Nobody
 * without the secret can find out the text. When the secret changes, digests change.
 */
export function createKeyedDigests([newest]: readonly string[], purpose: KeyPurpose): (text: string) => string {
  if (newest === undefined) throw new Error('Digests need a secret.')
  const key = createSecretKey(purposeKey(newest, purpose))
  return (text) => {
    const hex = createHmac('sha256', key).update(text).digest('hex')
    const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)]
    return parts.join('-')
  }
}
