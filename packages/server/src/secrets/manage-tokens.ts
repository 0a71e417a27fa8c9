import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { ManageTokensPort } from '../rest/rest-deps.ts'
import { purposeKey } from './purpose-keys.ts'

export const manageTokenPrefix = 'hfm_'

/**
 * The token that manages one booking: HMAC-SHA256 of its id under the server's secret. Derived, so a replay gives it
 * again and nothing is stored. The first secret issues; every one verifies, in constant time.
 */
export function createManageTokens(secrets: readonly string[]): ManageTokensPort {
  // As key objects: the HMAC then takes half the time that it takes with the bytes.
  const keys = secrets.map((secret) => createSecretKey(purposeKey(secret, 'manage-token')))
  const [issuingKey] = keys
  if (issuingKey === undefined) throw new Error('Manage tokens need a secret.')

  return {
    issue: (bookingId) => manageTokenPrefix + mac(issuingKey, bookingId).digest('base64url'),
    verify(bookingId, token) {
      if (!/^hfm_[A-Za-z0-9_-]{43}$/.test(token)) return false
      const given = Buffer.from(token.slice(manageTokenPrefix.length), 'base64url')
      // Every key is tried whatever the others said: which one fits is nobody's business either.
      let isValid = false
      for (const key of keys) if (timingSafeEqual(given, mac(key, bookingId).digest())) isValid = true
      return isValid
    },
  }
}

function mac(key: KeyObject, bookingId: string) {
  return createHmac('sha256', key).update(bookingId)
}
