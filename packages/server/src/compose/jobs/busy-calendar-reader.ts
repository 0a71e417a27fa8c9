import { createEgress } from '@holdfast/adapters/egress'
import type pg from 'pg'
import { emailsOf } from '../../accounts/emails/emails-of.ts'
import { notifyDoctor } from '../../busy/notify-doctor.ts'
import type { BusyCalendarReader } from '../../busy/read-due-calendars.ts'
import type { Config } from '../../config/config.ts'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'
import { createSealedTexts } from '../../secrets/sealed-texts.ts'
import { siteOf } from './message-sender.ts'

/**
 * What a process that reads external calendars needs. The rules for their URLs are those of webhooks.
 *
 * @param parts.accounts of the application role, where the accounts are. Default: in the same database
 */
export function createBusyCalendarReader(
  config: Pick<Config, 'webhookPrivate' | 'publicUrl' | 'port'>,
  { secrets, mails, accounts }: { secrets: readonly string[]; mails: AccountMails; accounts?: pg.Pool | undefined },
): BusyCalendarReader {
  return {
    egress: createEgress({ allowPrivate: config.webhookPrivate }),
    sealed: createSealedTexts(secrets, 'busy-calendar'),
    onNotice: notifyDoctor({
      mails,
      site: siteOf(config),
      emailsOf: (transaction, ids) => emailsOf(accounts ?? transaction, ids),
    }),
  }
}
