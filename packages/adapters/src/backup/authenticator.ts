import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/**
 * Proves that the writer of an object of a backup had the passphrase. Encryption does not: anybody can encrypt for a
 * public key, which is in each manifest.
 */
export type Authenticator = {
  /** HMAC-SHA256, in hexadecimal digits. */
  sign(text: string): string
  /** null: it is not signed. */
  isSigned(text: string, mac: string | null): boolean
}

/** Signs with a key that is derived from a private key (RFC 5869), and reveals nothing about it. */
export function authenticatorOf(identity: string): Authenticator {
  const key = Buffer.from(hkdfSync('sha256', identity, '', 'holdfast backup authentication', 32))
  const macOf = (text: string) => createHmac('sha256', key).update(text).digest()
  return {
    sign: (text) => macOf(text).toString('hex'),
    isSigned(text, mac) {
      const found = Buffer.from(mac ?? '', 'hex')
      const expected = macOf(text)
      return found.length === expected.length && timingSafeEqual(found, expected)
    },
  }
}
