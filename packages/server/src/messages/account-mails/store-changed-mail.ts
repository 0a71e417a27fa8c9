import type { MessageLanguage } from '@holdfast/vocabulary'
import type { PoolClient } from 'pg'
import type { AccountMails } from './account-mails.ts'

type Deps = { mails: Pick<AccountMails, 'store' | 'isAvailable'>; publicUrl: string }

/** `undoToken`: of a link that takes the address back, for `hours`; null: the mail has none. */
type ChangedMail = {
  email: string
  language: MessageLanguage
  hours: number
  undoToken: string | null
  isUndoneByEarlierAddress?: boolean
}

/** Stores the mail to an address that an account had, and has no more; none without a mail server. */
export async function storeChangedMail(
  transaction: PoolClient,
  { mails, publicUrl }: Deps,
  { email: address, language, hours, undoToken, isUndoneByEarlierAddress = false }: ChangedMail,
): Promise<void> {
  if (!mails.isAvailable) return
  const context = {
    site: new URL(publicUrl).host,
    undo: undoToken === null ? null : { url: `${publicUrl}/undo-email#${undoToken}`, hours },
    isUndoneByEarlierAddress,
  }
  const to = { address, language, clinicNo: null }
  await mails.store(transaction, { kind: 'email_changed', to, context }, hours)
}

type ReservedNotice = { email: string; token: string; hours: number; language: MessageLanguage }

/** Stores the same mail once more, because somebody names the address that an account may take back. */
export function storeReservedNotice(deps: Deps): (transaction: PoolClient, notice: ReservedNotice) => Promise<void> {
  return (transaction, { token, ...notice }) => storeChangedMail(transaction, deps, { ...notice, undoToken: token })
}
