import type { Mail } from '@holdfast/adapters/smtp'
import { inTransaction, loggedEvents, planMessages } from '@holdfast/engine'
import { createMessageSender } from '@holdfast/server/message-sender'
import type { Moment } from './shifted-clock.ts'

const batch = 100
const settings = {
  smtpUrl: null,
  smtpMayBePlain: false,
  mailFrom: 'clinic@example.org',
  publicUrl: 'https://clinic.example.org',
  port: 443,
  smsUrl: null,
  smsHeaders: null,
  smsBody: 'json',
  smsFrom: null,
} as const

type Sent = { to: string; messageId: string }

/** The messages of the practice: plans those of events that were not seen yet, and is a mail server that takes all. */
export class PracticeMails {
  /** Since the last check. */
  readonly sent: Sent[] = []
  /** What each message was about that has arrived, and with whom. */
  readonly arrived = new Set<string>()
  #seen = { xid: '0', seq: 0 }

  /** As the relay does it, event by event in their order. */
  async plan({ appPool, ownerPool }: Moment): Promise<void> {
    const { rows } = await ownerPool.query<{ bookingId: string; version: number; xid: string; seq: number }>(
      `select booking_id as "bookingId", version, xid::text, seq from holdfast.booking_event
        where (xid, seq) > ($1::xid8, $2::bigint) order by xid, seq`,
      [this.#seen.xid, this.#seen.seq],
    )
    for (let start = 0; start < rows.length; start += batch) {
      const events = await loggedEvents(appPool, rows.slice(start, start + batch))
      await inTransaction(appPool, (transaction) => planMessages(transaction, events))
    }
    this.#seen = rows.at(-1) ?? this.#seen
  }

  senderOf({ appPool }: Moment) {
    const mailer = {
      send: async (mail: Mail, begin: () => Promise<boolean>) => {
        if (!(await begin())) return { kind: 'not_begun' as const, response: '' }
        this.sent.push({ to: mail.to.address, messageId: mail.messageId })
        return { kind: 'accepted' as const, response: '250 OK' }
      },
      close: () => undefined,
    }
    const opened = { mailer, address: settings.mailFrom }
    return createMessageSender(settings, ['a secret of this drill'], opened, appPool)
  }
}
