import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { purposeKey } from './purpose-keys.ts'

export const manageTokenPrefix = 'hfm_'

/** What a token is bound to, besides its booking: when one of them changes, the token is void. */
export type ManageTokenBinding = {
  /** The account that the booking belongs to; null: a guest's. */
  accountId: string | null
  /** How often the token was renewed. */
  epoch: number
}

/** Manage tokens: `hfm_` and 43 base64url characters, derived from the booking's id and what it is bound to. */
export type ManageTokens = {
  issue(bookingId: string, binding: ManageTokenBinding): string
  /** Verifies a token in constant time. */
  verify(bookingId: string, binding: ManageTokenBinding, token: string): boolean
}

/** The binding of a guest's booking that was neither linked nor renewed. */
export const guestBinding: ManageTokenBinding = { accountId: null, epoch: 0 }

/**
 * The token that manages one booking: an HMAC-SHA256 with the server's secret. It is derived, so a retry returns the
 * same token and nothing is stored. The first secret issues tokens, every secret verifies them.
 */
export function createManageTokens(secrets: readonly string[]): ManageTokens {
  // Key objects: an HMAC takes half the time that it takes with a Buffer.
  const keys = secrets.map((secret) => createSecretKey(purposeKey(secret, 'manage-token')))
  const [issuingKey] = keys
  if (issuingKey === undefined) throw new Error('Manage tokens need a secret.')

  return {
    issue: (bookingId, binding) =>
      manageTokenPrefix + mac(issuingKey, boundText(bookingId, binding)).digest('base64url'),
    verify(bookingId, binding, token) {
      if (!/^hfm_[A-Za-z0-9_-]{43}$/.test(token)) return false
      const sent = Buffer.from(token.slice(manageTokenPrefix.length), 'base64url')
      const text = boundText(bookingId, binding)
      // All keys are tried: the time taken must not reveal which one is valid.
      let isValid = false
      for (const key of keys) if (timingSafeEqual(sent, mac(key, text).digest())) isValid = true
      return isValid
    },
  }
}

/** The tokens that guests got before there were epochs are of the id alone, and stay valid. */
function boundText(bookingId: string, { accountId, epoch }: ManageTokenBinding): string {
  return accountId === null && epoch === 0 ? bookingId : `${bookingId} ${accountId ?? 'guest'} ${epoch}`
}

function mac(key: KeyObject, text: string) {
  return createHmac('sha256', key).update(text)
}
