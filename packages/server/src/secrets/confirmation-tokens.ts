import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { type KeyPurpose, purposeKey } from './purpose-keys.ts'

/** Secrets of links that were sent to a patient's e-mail address: a prefix and 43 base64url characters. */
export type AddressTokens = {
  issue(bookingId: string, email: string): string
  /** Verifies a token in constant time. */
  verify(bookingId: string, email: string, token: string): boolean
}

/**
 * An HMAC-SHA256 of the booking's id and its patient's e-mail address: who has it reads the mails to this address, and
 * a link that was sent to another address, such as one with a typing error, confirms nothing. The first secret issues
 * tokens, every secret verifies them.
 */
function createAddressTokens(secrets: readonly string[], purpose: KeyPurpose, prefix: string): AddressTokens {
  const keys = secrets.map((secret) => createSecretKey(purposeKey(secret, purpose)))
  const [issuingKey] = keys
  if (issuingKey === undefined) throw new Error('Tokens need a secret.')
  // Part of the tokens' format: links that were sent stay valid, whatever else is done with addresses.
  const textOf = (bookingId: string, email: string) => `${bookingId} ${email.trim().toLowerCase()}`
  return {
    issue: (bookingId, email) =>
      prefix + createHmac('sha256', issuingKey).update(textOf(bookingId, email)).digest('base64url'),
    verify(bookingId, email, token) {
      if (!token.startsWith(prefix) || !/^[A-Za-z0-9_-]{43}$/.test(token.slice(prefix.length))) return false
      const sent = Buffer.from(token.slice(prefix.length), 'base64url')
      let isValid = false
      for (const key of keys) {
        if (timingSafeEqual(sent, createHmac('sha256', key).update(textOf(bookingId, email)).digest())) isValid = true
      }
      return isValid
    },
  }
}

/** The tokens in links by which a patient confirms a hold: `hfc_…`. */
export function createConfirmationTokens(secrets: readonly string[]): AddressTokens {
  return createAddressTokens(secrets, 'confirmation-token', 'hfc_')
}

/** The tokens in links by which a patient chooses whether to get reminders: `hfu_…`. */
export function createUnsubscribeTokens(secrets: readonly string[]): AddressTokens {
  return createAddressTokens(secrets, 'unsubscribe-token', 'hfu_')
}
