import type { MessageLanguage } from '@holdfast/vocabulary'
import type { PoolClient } from 'pg'
import type { AccountMails } from './account-mails.ts'

/**
 * Stores the mail with a link that confirms an address. It is also stored for an address that has an account: such a
 * mail is dropped when it is to be sent.
 *
 * @param link `newEmail`: the address that the account is to get; null: `email` is the account's. It is valid for
 *   `hours`.
 */
export function storeEmailLink(
  transaction: PoolClient,
  { mails, publicUrl }: { mails: Pick<AccountMails, 'store'>; publicUrl: string },
  link: { email: string; token: string; newEmail: string | null; language: MessageLanguage; hours: number },
): Promise<void> {
  const { email: address, token, newEmail, language, hours } = link
  const url = `${publicUrl}/confirm-email#${token}`
  const context = { url, hours, site: new URL(publicUrl).host, isChange: newEmail !== null }
  const to = { address, language, clinicNo: null }
  return mails.store(transaction, { kind: 'confirm_email', to, context }, hours)
}
