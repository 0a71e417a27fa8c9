import { createHash, hkdfSync } from 'node:crypto'

/** What a key derived from the server's secret is for. Each purpose has its own, so that none can stand in for another. */
export type KeyPurpose = 'manage-token' | 'accounts' | 'visit-room'

/** 32 bytes for one purpose out of the server's secret (HKDF, RFC 5869). */
export function purposeKey(secret: string, purpose: KeyPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `holdfast/${purpose}`, 32))
}

/**
 * The keys of the accounts library: text, with a version number that depends on the key alone. So `new,old` and a later
 * `newer,new` call the same key by the same number.
 */
export function accountsSecrets(secrets: readonly string[]): { version: number; value: string }[] {
  return secrets.map((secret) => {
    const value = purposeKey(secret, 'accounts').toString('base64url')
    const version = createHash('sha256').update(value).digest().readUInt32BE(0) >>> 1
    return { version, value }
  })
}
