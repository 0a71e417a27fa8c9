import type { MessageChannel, MessageKind } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { isAppointment } from '../database/is-appointment.ts'
import type { BookingEvent } from '../model/booking-event.ts'
import { newId } from '../model/id.ts'
import type { MessageSettings } from '../model/message.ts'
import { defaultMessageSettings, settingsJson } from './message-settings.ts'
import type { NewMessage } from './new-message.ts'
import { oneMessageOfSeries } from './one-message-of-series.ts'
import { reminderTime } from './reminder-times.ts'

/** An event that may have to be announced to the patient. */
export type AnnouncedEvent = Pick<
  BookingEvent,
  'bookingId' | 'version' | 'at' | 'type' | 'slotId' | 'reason' | 'actorId'
> & { clinicNo: number; isCase: boolean }

/** Nobody is notified any more of what happened longer ago, such as by a log that is read again from its start. */
const eventDaysMax = 7
const dayMs = 86_400_000
/** If a patient is moved several times within this time, the last move is announced. */
const movedDelayMs = 60_000

const kinds: Partial<Record<BookingEvent['type'], Exclude<MessageKind, 'reminder'>>> = {
  offered: 'offered',
  link_requested: 'confirm',
  requested: 'requested',
  confirmed: 'confirmed',
  // Again, to where messages go from now on.
  contact_corrected: 'confirmed',
  moved: 'moved',
  cancelled: 'cancelled',
  failed: 'withdrawn',
}

type Row = {
  id: string
  status: string
  failure_reason: string | null
  account_id: string | null
  starts_at: Date
  now: Date
  was_confirmed: boolean
  was_requested: boolean
  /** A message was planned about the offer of the waitlist that it is. */
  was_announced: boolean
  /** The entry of the waitlist that it was offered to ended when it lapsed. */
  was_last_offer: boolean
  has_email: boolean
  has_phone: boolean
  timezone: string
  settings: MessageSettings | null
}

/**
 * Plans the messages that announce these events, and the reminders of visits that they confirm or move; a corrected
 * address gets the confirmation and the reminders to come, or of a request what was requested. Each message is
 * planned once for each channel, however often its event comes. There are e-mails to patients with an address, unless
 * the clinic sends none, and SMS to those with a telephone number if the clinic has chosen them for this kind. There
 * are none for visits that have begun, but for the end of an entry of the waitlist, which is not about one visit, and
 * for requests that were not answered until then.
 *
 * @returns how many were planned
 */
export async function planMessages(transaction: pg.PoolClient, events: readonly AnnouncedEvent[]): Promise<number> {
  const announced = events.filter(({ type, isCase }) => !isCase && kinds[type] !== undefined)
  if (announced.length === 0) return 0
  const rows = await bookingsOf(transaction, announced)
  const messages = announced.flatMap((event) => {
    const booking = rows.get(event.bookingId)
    return booking === undefined ? [] : messagesOf(event, booking).flatMap((message) => byChannel(message, booking))
  })
  return insertMessages(transaction, await oneMessageOfSeries(transaction, messages, movedDelayMs))
}

/** Stores messages that are not stored yet. @returns how many those were */
export async function insertMessages(transaction: pg.PoolClient, messages: readonly NewMessage[]): Promise<number> {
  if (messages.length === 0) return 0
  const { rowCount } = await transaction.query(sql`
    insert into holdfast.message
      (clinic_no, id, booking_id, version, slot_id, kind, channel, minutes_before, by_patient, by_clinic, due_at,
       state, reason, done_at)
    select m."clinicNo", m.id, m."bookingId", m.version, m."slotId", m.kind, m.channel, m."minutesBefore",
           m."byPatient", m."byClinic", m."dueAt", case when m."isInSeries" then 'skipped' else 'due' end,
           case when m."isInSeries" then 'in_series' end, case when m."isInSeries" then clock_timestamp() end
      from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb)
           as m ("clinicNo" integer, id uuid, "bookingId" uuid, version integer, "slotId" uuid, kind text,
                 channel text, "minutesBefore" integer, "byPatient" boolean, "byClinic" boolean, "dueAt" timestamptz,
                 "isInSeries" boolean)
        on conflict do nothing`)
  return rowCount ?? 0
}

/** The offer `b` was not answered, nor were those before it: its entry has ended. */
const wasLastOffer = sql`exists (
  select from holdfast.waitlist_entry w
    join holdfast.waitlist_offer o on o.clinic_no = w.clinic_no and o.entry_id = w.id and o.booking_id = b.id
   where w.clinic_no = b.clinic_no and w.id = b.waitlist_entry_id and w.end_reason = 'unanswered'
     and o.outcome = 'lapsed' and o.closed_at = w.ended_at)`

/** The bookings whose patients get messages about visits to come, or about the end of their entry, by id. */
export async function bookingsOf(
  transaction: pg.PoolClient,
  events: readonly Pick<AnnouncedEvent, 'bookingId' | 'clinicNo'>[],
): Promise<ReadonlyMap<string, Row>> {
  const ids = [...new Set(events.map(({ bookingId }) => bookingId))]
  const clinicNos = [...new Set(events.map(({ clinicNo }) => clinicNo))]
  const { rows } = await transaction.query<Row>(sql`
    select b.id, b.status, b.failure_reason, b.account_id, s.starts_at, statement_timestamp() as now, c.timezone,
           exists (select from holdfast.booking_event e
                    where e.clinic_no = b.clinic_no and e.booking_id = b.id and e.booking_id = any (${ids}::uuid[])
                      and e.type = 'confirmed') as was_confirmed,
           b.requested_at is not null as was_requested,
           b.waitlist_entry_id is not null
             and exists (select from holdfast.message o
                          where o.clinic_no = b.clinic_no and o.booking_id = b.id and o.kind = 'offered')
             as was_announced,
           ${wasLastOffer} as was_last_offer,
           b.patient ? 'email' as has_email, b.patient ? 'phone' as has_phone, ${settingsJson} as settings
      from holdfast.booking b
      join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      join holdfast.clinic c on c.no = b.clinic_no
      left join holdfast.message_settings m on m.clinic_no = b.clinic_no
     where b.clinic_no = any (${clinicNos}::integer[]) and b.id = any (${ids}::uuid[]) and ${isAppointment}
       and (s.starts_at > statement_timestamp() or ${wasLastOffer}
         or b.requested_at is not null and b.failure_reason = 'hold_expired')
       and (b.patient ? 'email' and coalesce(m.emails, true)
         or b.patient ? 'phone' and cardinality(m.sms_kinds) > 0)`)
  return new Map(rows.map((row) => [row.id, row]))
}

type Announcement = Omit<NewMessage, 'id' | 'channel'>

/** The same message on each channel by which the patient gets it. */
export function byChannel(message: Announcement, { has_email, has_phone, settings }: Row): NewMessage[] {
  const { emails, smsKinds } = settings ?? defaultMessageSettings
  const channels: MessageChannel[] = []
  if (has_email && emails) channels.push('email')
  if (has_phone && smsKinds.some((kind) => kind === message.kind)) channels.push('sms')
  return channels.map((channel) => ({ ...message, id: newId(message.clinicNo), channel }))
}

function messagesOf(event: AnnouncedEvent, booking: Row): Announcement[] {
  const kind = kindOf(event, booking)
  if (kind === null || booking.now.getTime() - event.at.getTime() > eventDaysMax * dayMs) return []
  const common = commonOf(event, booking)
  // Nobody withdraws a slot but the clinic. One approval ends any number of other requests for its time: their
  // messages count for the limits of recipients.
  const byClinic = kind === 'withdrawn' || (common.byClinic && event.reason !== 'time_taken')
  const announcement = {
    ...common,
    byClinic,
    kind,
    minutesBefore: 0,
    byPatient: kind === 'cancelled' || kind === 'declined' ? !common.byClinic : null,
    dueAt: kind === 'moved' ? new Date(booking.now.getTime() + movedDelayMs) : booking.now,
  }
  return kind === 'confirmed' || kind === 'moved' ? [announcement, ...remindersOf(event, booking)] : [announcement]
}

/** What was confirmed or moved, and by whom. */
export type RemindedEvent = Pick<AnnouncedEvent, 'clinicNo' | 'bookingId' | 'version' | 'slotId' | 'actorId'>

function commonOf({ clinicNo, bookingId, version, slotId, actorId }: RemindedEvent, { account_id, now }: Row) {
  return {
    clinicNo,
    bookingId,
    version,
    slotId,
    plannedAt: now,
    byPatient: null,
    byClinic: actorId !== null && actorId !== account_id,
  }
}

/** The reminders to come of a visit. */
export function remindersOf(event: RemindedEvent, booking: Row): Announcement[] {
  const { reminderMinutes, ...quiet } = booking.settings ?? defaultMessageSettings
  const { starts_at: startsAt, timezone, now } = booking
  return reminderMinutes.flatMap((minutesBefore): Announcement[] => {
    const dueAt = reminderTime({ startsAt, minutesBefore, timezone, quiet }, now)
    return dueAt === null ? [] : [{ ...commonOf(event, booking), kind: 'reminder', minutesBefore, dueAt }]
  })
}

/** The clinic has not answered it. */
const isOpenRequest = ({ status, was_requested }: Row) => status === 'PENDING' && was_requested

/** null: there is nothing to announce, or not any more. */
function kindOf(event: AnnouncedEvent, booking: Row): MessageKind | null {
  const kind = kinds[event.type] ?? null
  switch (kind) {
    case 'offered':
    case 'confirm':
    case 'requested':
      return booking.status === 'PENDING' ? kind : null
    case 'confirmed':
    case 'moved':
      if (event.type === 'contact_corrected' && isOpenRequest(booking)) return 'requested'
      // A later event announces what has become of it.
      return booking.status === 'CONFIRMED' ? kind : null
    case 'cancelled':
      if (booking.was_requested && (booking.failure_reason === 'hold_released' || event.reason === 'time_taken')) {
        return 'declined'
      }
      return booking.was_confirmed && booking.failure_reason !== 'hold_released' ? kind : null
    case 'withdrawn':
      if (booking.was_requested && event.reason === 'hold_expired') return 'request_lapsed'
      if (booking.was_confirmed || booking.was_requested) return event.reason === 'slot_withdrawn' ? kind : null
      if (event.reason === 'hold_expired') return booking.was_last_offer ? 'unanswered' : null
      return booking.was_announced ? kind : null
    default:
      return null
  }
}
