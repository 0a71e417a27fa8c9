import { countMessage, endedEntryFacts, messagesPerDay, type StoreEntryMail } from '@holdfast/engine'
import type { RecipientDigests } from '../recipient-digests.ts'
import { type AccountMails, noticeHours } from './account-mails.ts'

/** Stores the e-mail about the end of an entry in the transaction that ends it; null: this server sends none. */
export function storeEndedMail(mails: Pick<AccountMails, 'isAvailable' | 'store'>): StoreEntryMail | null {
  if (!mails.isAvailable) return null
  return (transaction, entryId) => mails.store(transaction, { kind: 'entry_ended', context: { entryId } }, noticeHours)
}

/** The same of an entry whose last day is past, unless its address has had enough today. */
export function storeExpiredMail(
  mails: Pick<AccountMails, 'isAvailable' | 'store'>,
  recipientDigests: RecipientDigests,
): StoreEntryMail | null {
  const store = storeEndedMail(mails)
  if (store === null) return null
  return async (transaction, entryId) => {
    const facts = await endedEntryFacts(transaction, entryId)
    const [recipient] = recipientDigests(facts?.patient.email)
    if (facts === null || recipient === undefined) return
    // Anybody can join with somebody else's address, many times.
    const counted = { clinicNo: facts.clinicNo, recipient, perDayMax: messagesPerDay.address }
    if (facts.joinedBy === null && !(await countMessage(transaction, counted))) return
    await store(transaction, entryId)
  }
}
