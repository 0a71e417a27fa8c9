import type { PauseReason } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { type AccountMails, noticeHours } from '../messages/account-mails/account-mails.ts'
import type { WebhookDeps } from './send-due-deliveries.ts'

type NotifyDeps = {
  mails: Pick<AccountMails, 'isAvailable' | 'store'>
  /** The address of the site. */
  site: string
  /** The addresses of accounts, by id; `transaction` is for where they are in the same database. */
  emailsOf(transaction: pg.PoolClient, accountIds: readonly string[]): Promise<ReadonlyMap<string, string>>
}

type Admin = { accountId: string; clinicId: string; clinicName: string; language: MessageLanguage }

/** Notifies a clinic's administrators that a webhook was paused. Without a mail server, only its page shows it. */
export function notifyAdmins({ mails, site, emailsOf }: NotifyDeps): WebhookDeps['onPaused'] {
  return async (transaction, { clinicNo, url, reason }) => {
    if (!mails.isAvailable) return
    const admins = await adminsOf(transaction, clinicNo)
    const emails = await emailsOf(
      transaction,
      admins.map(({ accountId }) => accountId),
    )
    for (const { accountId, language, clinicId, clinicName } of admins) {
      const email = emails.get(accountId)
      if (email === undefined) continue
      const to = { address: email, language, clinicNo: null }
      const context = contextOf({ url, reason, clinicId, clinicName, site })
      await mails.store(transaction, { kind: 'webhook_paused', to, context }, noticeHours)
    }
  }
}

type Paused = { url: string; reason: PauseReason; clinicId: string; clinicName: string; site: string }

function contextOf({ url, reason, clinicId, clinicName, site }: Paused) {
  const page = `${site}/clinic/${clinicId}/webhooks`
  return { clinicName, host: URL.parse(url)?.host ?? '', isGone: reason === 'gone', url: page }
}

async function adminsOf(transaction: pg.PoolClient, clinicNo: number): Promise<Admin[]> {
  const { rows } = await transaction.query<Admin>(sql`
    select m.account_id::text as "accountId", c.id as "clinicId", c.name as "clinicName",
           coalesce(s.language, 'en') as language
      from holdfast.membership m
      join holdfast.clinic c on c.no = m.clinic_no
      left join holdfast.message_settings s on s.clinic_no = m.clinic_no
     where m.clinic_no = ${clinicNo} and m.role = 'admin'
     order by m.account_id
     limit 100`)
  return rows
}
