import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import { readAfterCommit } from '../database/promptly.ts'
import type { BookingLinks, LinkFailure, LinkOutcome } from '../model/booking-link.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { MessageFailure, MessageReason, MessageState } from '../model/message.ts'
import type { Reads } from '../model/reads.ts'
import type { AnswerRefused } from '../model/visit-question.ts'
import { announceBatch, writtenUnread } from './announce-batch.ts'
import { answerRefused } from './answer-refused.ts'

type Row = { outcome: Exclude<LinkOutcome['kind'], AnswerRefused['kind']>; tx: string | null }

/** The same as in request_link.sql. */
const requestsMax = 5
const pauseMs = 60_000

type SentRow = {
  count: number
  at: Date | null
  /** The state of the e-mail; null: it is not planned yet. */
  state: MessageState | null
  failure: MessageFailure | null
  reason: MessageReason | null
}

function failureOf({ state, failure, reason }: SentRow): LinkFailure | null {
  if (state === 'failed') return failure === 'address_refused' || failure === 'unknown' ? failure : 'not_sent'
  if (state !== 'skipped') return null
  return reason === 'address_limit' || reason === 'network_limit' ? reason : 'not_sent'
}

type BookingLinksSettings = {
  pool: pg.Pool
  /** The pool of the server that has what belongs to accounts. */
  accountsPool: pg.Pool
  reads: Pick<Reads, 'booking'>
  announce: Announce
}

/** Links by `request_link`. These are few: one booking at a time, and not in the queue of other changes. */
export function createBookingLinks({ pool, accountsPool, reads, announce }: BookingLinksSettings): BookingLinks {
  return {
    async areRequired(clinicNo) {
      const { rows } = await pool.query<{ required: boolean }>(sql`
        select confirm_by_link as required from holdfast.message_settings where clinic_no = ${clinicNo}`)
      return rows[0]?.required ?? false
    },

    async request({ bookingId, actorId, key, patient, reason, judgedVersion, access }) {
      if (!isId(bookingId)) return { kind: 'booking_missing' }
      const { rows } = await pool.query<Row>(sql`
        select outcome, tx::text from holdfast.request_link(
          ${clinicNoOf(bookingId)}, ${bookingId}, ${actorId}, ${key ?? randomUUID()},
          ${patient === null ? null : JSON.stringify(patient)}::jsonb, ${reason}, ${judgedVersion},
          ${accessJson(access)})`)
      const [row] = rows
      if (row === undefined) throw new Error('request_link returned no row.')
      const refusal = answerRefused(row.outcome)
      if (refusal !== null) return refusal
      const { outcome: kind } = row
      if (kind === 'too_many_links' || kind === 'booking_erased' || kind === 'booking_changed') return { kind }
      const booking = kind === 'booking_missing' ? null : await readAfterCommit(() => reads.booking(bookingId, access))
      if (booking === null || kind === 'booking_missing') return { kind: 'booking_missing' }
      if (kind !== 'done' && kind !== 'unchanged') return { kind, booking }
      const position = row.tx ?? ''
      // The hold may have ended by a reader's clock before it was prolonged.
      announceBatch(announce, [writtenUnread(kind === 'done' ? position : null, [booking])])
      return { kind, booking, position }
    },

    async sent(bookingId) {
      const { rows } = await pool.query<SentRow>(sql`
        select e.count, e.at, m.state, m.failure, m.reason
          from (select count(*)::integer as count, max(e.at) as at, max(e.version) as version
                  from holdfast.booking_event e
                 where e.clinic_no = ${clinicNoOf(bookingId)} and e.booking_id = ${bookingId}
                   and e.type = 'link_requested') e
          left join holdfast.message m
                 on m.clinic_no = ${clinicNoOf(bookingId)} and m.booking_id = ${bookingId} and m.version = e.version
                and m.kind = 'confirm' and m.channel = 'email'`)
      const [row] = rows
      if (!row?.at) return null
      const { count, at: sentAt } = row
      const nextAt = count >= requestsMax ? null : new Date(sentAt.getTime() + pauseMs)
      return { sentAt, nextAt, failure: failureOf(row) }
    },

    async isVerified(accountId) {
      const { rows } = await accountsPool.query<{ found: boolean }>(sql`
        select exists (select from holdfast.verified_account where account_id = ${accountId}) as found`)
      return rows[0]?.found ?? false
    },

    async verify(accountId) {
      await accountsPool.query(sql`
        insert into holdfast.verified_account (account_id) values (${accountId}) on conflict do nothing`)
    },
  }
}
