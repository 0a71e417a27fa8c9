import { countMail, lostLinksPerDay, normalizedEmail } from '@holdfast/engine'
import type { PoolClient } from 'pg'
import { createKeyedDigests } from '../secrets/keyed-digests.ts'

/**
 * Counts the mail with a lost link, and says whether it may be sent: in the database, so for all servers together.
 *
 * @param counted.what is counted apart
 * @param counted.origin see MailsPerDay; null: a server of an earlier release has stored the request
 */
export type LostLinkLimit = (
  transaction: PoolClient,
  counted: { what: 'tickets' | 'entries'; clinicNo: number; email: string; origin: string | null },
) => Promise<boolean>

export function createLostLinkLimit(secrets: readonly string[]): LostLinkLimit {
  const digestOf = createKeyedDigests(secrets, 'message-recipient')
  return async (transaction, { what, clinicNo, email, origin }) => {
    const counted = `lost ${what} of ${normalizedEmail(email)}`
    const refusing = await countMail(transaction, {
      clinicNo,
      recipient: digestOf(counted),
      origin: origin === null ? null : digestOf(`${counted} by ${origin}`),
      perDay: lostLinksPerDay,
    })
    return refusing === null
  }
}
