import type { StoreEntryMail } from '@holdfast/engine'
import { type AccountMails, noticeHours } from './account-mails.ts'

/** Stores the e-mail about the end of an entry in the transaction that ends it; null: this server sends none. */
export function storeEndedMail(mails: Pick<AccountMails, 'isAvailable' | 'store'>): StoreEntryMail | null {
  if (!mails.isAvailable) return null
  return (transaction, entryId) => mails.store(transaction, { kind: 'entry_ended', context: { entryId } }, noticeHours)
}
