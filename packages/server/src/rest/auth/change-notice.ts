import type { NoticedChange, StoreChangeNotice } from '../../accounts/notices/change-notices.ts'
import { type AccountMails, noticeHours } from '../../messages/account-mails/account-mails.ts'
import { whenText } from '../../messages/rendering/visit-context.ts'

export type ChangeNoticeDeps = { mails: Pick<AccountMails, 'isAvailable' | 'store'>; publicUrl: string }

/** Stores the mail to an account's person about a change of what is needed to sign in. */
export function changeNotice({ mails, publicUrl }: ChangeNoticeDeps, change: NoticedChange): StoreChangeNotice {
  return async (transaction, { email: address, language, at, removableHours, areFactorsRemoved }) => {
    if (!mails.isAvailable) return
    const context = {
      site: new URL(publicUrl).host,
      change,
      removableHours,
      areFactorsRemoved,
      when: whenText(at, 'UTC', language),
      newPasswordUrl: `${publicUrl}/forgot-password`,
    }
    const to = { address, language, clinicNo: null }
    await mails.store(transaction, { kind: 'account_changed', to, context }, noticeHours)
  }
}
