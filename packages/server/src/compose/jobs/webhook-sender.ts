import { createEgress } from '@holdfast/adapters/egress'
import type pg from 'pg'
import { emailsOf } from '../../accounts/emails/emails-of.ts'
import type { Config } from '../../config/config.ts'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Tracing } from '../../observe/tracing.ts'
import { createSealedTexts } from '../../secrets/sealed-texts.ts'
import type { WebhookSender } from '../../webhooks/attempt-delivery.ts'
import { notifyAdmins } from '../../webhooks/notify-admins.ts'
import type { WebhookDeps } from '../../webhooks/send-due-deliveries.ts'
import { siteOf } from './message-sender.ts'

type WebhookSettings = Pick<Config, 'webhookPrivate' | 'publicUrl' | 'port'>

/** What requests to webhooks need. */
export function createWebhookSender({ webhookPrivate }: WebhookSettings, secrets: readonly string[]): WebhookSender {
  return {
    egress: createEgress({ allowPrivate: webhookPrivate }),
    sealed: createSealedTexts(secrets, 'webhook'),
  }
}

/** `accounts`: of the application role, where the accounts are. Default: in the same database. */
type WebhookParts = {
  secrets: readonly string[]
  pool: pg.Pool
  mails: AccountMails
  log: Logger
  accounts?: pg.Pool | undefined
  tracing?: Tracing | null | undefined
}

/** What a process that sends events to webhooks needs. */
export function createWebhookDeps(
  config: WebhookSettings,
  { secrets, pool, mails, log, accounts, tracing }: WebhookParts,
): WebhookDeps {
  const onPaused = notifyAdmins({
    mails,
    site: siteOf(config),
    emailsOf: (transaction, ids) => emailsOf(accounts ?? transaction, ids),
  })
  return { pool, log, tracing, sender: createWebhookSender(config, secrets), onPaused }
}
