import { createHash, hkdfSync } from 'node:crypto'

/** What a key derived from the server's secret is for. Each purpose has a separate key. */
export type KeyPurpose =
  | 'manage-token'
  | 'confirmation-token'
  | 'unsubscribe-token'
  | 'accounts'
  | 'visit-room'
  | 'booking-origin'
  | 'rate-limit'
  | 'revocation'
  | 'known-browser'
  | 'second-factor-browser'
  | 'fingerprint'
  | 'audit-address'
  | 'audit-anchor'
  | 'message-recipient'
  | 'webhook'
  | 'busy-calendar'
  | 'account-mail'
  | 'api-key'

/** A key of 32 bytes, derived from the server's secret for one purpose (HKDF, RFC 5869). */
export function purposeKey(secret: string, purpose: KeyPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `holdfast/${purpose}`, 32))
}

/** The keys for the accounts library. */
export function accountsSecrets(secrets: readonly string[]): { version: number; value: string }[] {
  return versionedKeys(secrets, 'accounts')
}

/**
 * The keys for a purpose, as text, each with a version number that depends on the key alone: a key has the same number
 * in `new,old` and later in `newer,new`.
 */
export function versionedKeys(secrets: readonly string[], purpose: KeyPurpose): { version: number; value: string }[] {
  return secrets.map((secret) => {
    const value = purposeKey(secret, purpose).toString('base64url')
    const version = createHash('sha256').update(value).digest().readUInt32BE(0) >>> 1
    return { version, value }
  })
}
