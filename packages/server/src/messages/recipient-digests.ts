import { normalizedEmail } from '@holdfast/engine'
import { createKeyedDigests } from '../secrets/keyed-digests.ts'

/** Digests of a patient's e-mail address, under each secret; none without an address. */
export type RecipientDigests = (email: string | undefined) => string[]

/**
 * Under each secret, so that what a patient has chosen lasts while the secret is replaced. Not of the telephone number:
 * the link of an e-mail proves the address alone, and a stranger could turn off what others get by telephone.
 */
export function createRecipientDigests(secrets: readonly string[]): RecipientDigests {
  const digests = secrets.map((secret) => createKeyedDigests([secret], 'message-recipient'))
  return (email) => (email === undefined ? [] : digests.map((digest) => digest(normalizedEmail(email))))
}
