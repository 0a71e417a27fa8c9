import type { MessageChannel } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { canChange } from '../database/can-change-sql.ts'
import { isHeld } from '../database/hold-sql.ts'
import { isAppointment } from '../database/is-appointment.ts'
import { repeatWhileLost } from '../database/repeat-while-lost.ts'
import { storableOrNull } from '../database/storable-text.ts'
import type { DueMessage, MessageFacts, MessageOutcome, MessageSettings, SeriesFacts } from '../model/message.ts'
import { defaultMessageSettings, settingsJson } from './message-settings.ts'
import { isReminderOff } from './reminder-off-sql.ts'
import { sendingOf } from './sending-sql.ts'

/** Candidates per message that is taken: others may have been taken by another process meanwhile. */
const candidatesFactor = 5

/**
 * Whether an earlier message of the booking of `d` is being sent: it would arrive after this one. Once its attempt is
 * over, it was sent, or is not sent any more, because this one replaces it.
 */
const followsAttempt = sql`exists (
  select from holdfast.message p
   where p.clinic_no = d.clinic_no and p.booking_id = d.booking_id and p.channel = d.channel and p.version < d.version
     and p.state = 'due' and p.attempt_until > clock_timestamp())`

/** Whether the last attempt at a message that is taken ended without a record after it was handed over. */
const isLost = sql`(m.attempt_until is not null and not m.before_sending)`

/**
 * Messages of a channel whose time has come: one of each clinic in turn, the longest due first, so that the messages of
 * one clinic do not delay those of all others. Messages about a booking are sent in their order on each channel. Until
 * `seconds` have passed, no other process sends them. One whose process ended without a record is taken again after
 * that; `attemptsLost` counts how often that process had begun to send it.
 */
export async function takeDueMessages(
  pool: pg.Pool,
  { channel, limit, seconds }: { channel: MessageChannel; limit: number; seconds: number },
): Promise<DueMessage[]> {
  const candidates = candidatesFactor * limit
  const isFree = sql`d.state = 'due' and d.channel = ${channel} and d.due_at <= clock_timestamp()
    and (d.attempt_until is null or d.attempt_until <= clock_timestamp()) and not ${followsAttempt}`
  const { rows } = await pool.query<DueMessage>(sql`
    with candidate as materialized (
      select of_clinic.*
        from holdfast.clinic c
       cross join lateral (
         select d.clinic_no, d.id, d.due_at, row_number() over (order by d.due_at) as turn
           from holdfast.message d
          where d.clinic_no = c.no and ${isFree}
          order by d.due_at limit ${candidates}) of_clinic
       where ${canChange(sql`c.no`)}
       order by of_clinic.turn, of_clinic.due_at limit ${candidates})
    update holdfast.message m
       set attempts = m.attempts + 1, before_sending = true,
           attempts_lost = m.attempts_lost + ${isLost}::integer,
           attempt_until = clock_timestamp() + make_interval(secs => ${seconds})
     where (m.clinic_no, m.id) in (
       select d.clinic_no, d.id from candidate join holdfast.message d using (clinic_no, id)
        where ${isFree}
        order by candidate.turn, candidate.due_at limit ${limit} for update of d skip locked)
    returning m.clinic_no as "clinicNo", m.id, m.booking_id as "bookingId", m.version, m.slot_id as "slotId", m.kind,
              m.channel, m.by_patient as "byPatient", m.by_clinic as "byClinic", m.minutes_before as "minutesBefore",
              m.attempts, m.attempts_lost as "attemptsLost", m.attempt_until::text as "attemptUntil",
              m.may_have_arrived as "mayHaveArrived", ${sendingOf(sql`m.sent_again_at`)} as sending,
              statement_timestamp() as now`)
  return rows
}

/**
 * Notes that a message is handed over now: if this process ends before it records the outcome, nobody knows whether it
 * was sent. If the connection is lost, it is noted again: the note may have been stored although nothing was sent.
 *
 * @param secondsMax how long sending it may take: another process may have it after the time of this attempt
 * @returns false: it must not be sent, because too little time is left, or the message was deleted
 * @throws Error if the database is away for longer than a few seconds
 */
export async function beginSending(pool: pg.Pool, message: DueMessage, secondsMax: number): Promise<boolean> {
  const { rowCount } = await repeatWhileLost(() =>
    pool.query(sql`
      update holdfast.message set before_sending = false, may_have_arrived = true
       where ${isOfAttempt(message)}
         and attempt_until > clock_timestamp() + make_interval(secs => ${secondsMax})`),
  )
  return rowCount === 1
}

/** Whether no other attempt has begun since. */
function isOfAttempt({ clinicNo, id, attempts, attemptUntil }: DueMessage): Sql {
  return sql`clinic_no = ${clinicNo} and id = ${id} and state = 'due' and attempts = ${attempts}
    and attempt_until = ${attemptUntil}::timestamptz`
}

/** Whether a message that announces the offer `b` was sent, or may have been; null: it is none, or was accepted. */
const offerAnnounced = sql`case
  when b.waitlist_entry_id is not null
       and not exists (select from holdfast.booking_event e
                        where e.clinic_no = b.clinic_no and e.booking_id = b.id and e.type = 'confirmed')
    then exists (select from holdfast.message o
                  where o.clinic_no = b.clinic_no and o.booking_id = b.id and o.kind = 'offered'
                    and (o.state in ('sent', 'kept') or o.may_have_arrived)) end`

type FactsRow = Omit<MessageFacts, 'settings'> & { settings: MessageSettings | null }

/** JSON has no dates. */
function withDates(series: SeriesFacts): SeriesFacts {
  const withDate = (visits: SeriesFacts['toCome']) =>
    visits.map((one) => ({ ...one, startsAt: new Date(one.startsAt) }))
  return { ...series, cancelled: withDate(series.cancelled), toCome: withDate(series.toCome) }
}

/** The transaction that changed a booking last. */
const xidOf = (booking: Sql) => sql`(
  select max(e.xid::text) from holdfast.booking_event e
   where e.clinic_no = ${booking}.clinic_no and e.booking_id = ${booking}.id and e.version = ${booking}.version)`

/** The series of booking `b`, with the visits of the same patient. */
const seriesOf = sql`(
  select json_build_object(
           'number', sm.number, 'total', se.total,
           'cancelled', coalesce(json_agg(json_build_object('number', om.number, 'startsAt', os.starts_at)
                                          order by om.number)
                                 filter (where o.status = 'CANCELLED' and b.status = 'CANCELLED'
                                           and ${xidOf(sql`o`)} = ${xidOf(sql`b`)}), '[]'),
           'toCome', coalesce(json_agg(json_build_object('number', om.number, 'startsAt', os.starts_at)
                                       order by om.number)
                              filter (where o.status = 'CONFIRMED' and os.starts_at > statement_timestamp()), '[]'))
    from holdfast.booking_series_member sm
    join holdfast.booking_series se on se.clinic_no = sm.clinic_no and se.id = sm.series_id
    join holdfast.booking_series_member om on om.clinic_no = sm.clinic_no and om.series_id = sm.series_id
    join holdfast.booking o on o.clinic_no = om.clinic_no and o.id = om.booking_id
    join holdfast.slot os on os.clinic_no = o.clinic_no and os.id = o.slot_id
   where sm.clinic_no = b.clinic_no and sm.booking_id = b.id
     and o.account_id is not distinct from b.account_id
     and o.patient->>'email' is not distinct from b.patient->>'email'
     and o.patient->>'phone' is not distinct from b.patient->>'phone'
   group by sm.number, se.total)`

/** null: the booking was erased or archived. */
export async function messageFacts(
  pool: pg.Pool,
  { clinicNo, bookingId }: Pick<DueMessage, 'clinicNo' | 'bookingId'>,
): Promise<MessageFacts | null> {
  const { rows } = await pool.query<FactsRow>(sql`
    select b.id as "bookingId", b.slot_id as "slotId", b.status, b.patient, b.account_id as "accountId",
           b.waitlist_entry_id as "waitlistEntryId", ${offerAnnounced} as "offerAnnounced",
           coalesce(t.epoch, 0) as "manageEpoch", b.appointment_type as "appointmentType", b.units,
           b.cancellation_reason as "cancellationReason", b.failure_reason as "failureReason",
           s.starts_at as "startsAt", s.ends_at as "endsAt",
           s.starts_at <= statement_timestamp() as "hasBegun",
           b.attendance_confirmed_at is not null as "isAttendanceConfirmed",
           case when ${isHeld} then b.hold_expires_at end as "holdExpiresAt",
           (select max(o.version) from holdfast.message o
             where o.clinic_no = b.clinic_no and o.booking_id = b.id) as version,
           r.id as "doctorId", r.name as "doctorName", c.name as "clinicName", c.timezone, c.address, c.phone,
           case when v.id is not null then json_build_object(
                  'id', v.id, 'name', v.name, 'names', v.names, 'preparation', v.preparation) end as "visitType",
           coalesce(v.approval <> 'none', false) and b.waitlist_entry_id is null as "needsApproval",
           ${seriesOf} as series,
           ${settingsJson} as settings
      from holdfast.booking b
      join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      join holdfast.resource r on r.clinic_no = b.clinic_no and r.id = b.resource_id
      join holdfast.clinic c on c.no = b.clinic_no
      left join holdfast.visit_type v on v.clinic_no = b.clinic_no and v.id = s.visit_type_id
      left join holdfast.manage_token t on t.clinic_no = b.clinic_no and t.booking_id = b.id
      left join holdfast.message_settings m on m.clinic_no = b.clinic_no
     where b.clinic_no = ${clinicNo} and b.id = ${bookingId} and ${isAppointment} and b.erased_at is null`)
  const [row] = rows
  if (row === undefined) return null
  return { ...row, settings: row.settings ?? defaultMessageSettings, series: row.series && withDates(row.series) }
}

/**
 * Whether a reminder of the same visit that was planned for later is due too, being tried, or sent: then this one need
 * not be. Both are due at once when the quiet hours end, or after the mail server was away. One that the clinic has
 * turned off since will not be sent, so it does not count.
 */
export async function isLaterReminderDue(
  pool: pg.Pool,
  { clinicNo, bookingId, version, channel, minutesBefore }: DueMessage,
): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>(sql`
    select exists (
      select from holdfast.message m
       where m.clinic_no = ${clinicNo} and m.booking_id = ${bookingId} and m.version = ${version}
         and m.kind = 'reminder' and m.channel = ${channel} and m.minutes_before < ${minutesBefore}
         and (m.state in ('sent', 'kept')
              or m.state = 'due' and (m.attempts > 0 or m.due_at <= clock_timestamp()) and not ${isReminderOff}))
      as found`)
  return rows[0]?.found ?? false
}

/** Records what became of the attempt that `takeDueMessages` began, unless another one has begun since. */
export async function recordMessage(pool: pg.Pool, message: DueMessage, outcome: MessageOutcome) {
  const isAgain = outcome.kind === 'again'
  const reason = 'reason' in outcome ? outcome.reason : null
  const result = storableOrNull('result' in outcome ? outcome.result : null)
  const notTried = isAgain && reason !== null ? 1 : 0
  const maskedAddress = 'maskedAddress' in outcome ? outcome.maskedAddress : null
  const failure = outcome.kind === 'failed' ? outcome.failure : null
  const isRefused = isAgain
    ? !('mayHaveArrived' in outcome && outcome.mayHaveArrived)
    : failure !== null && failure !== 'unknown'
  const content = outcome.kind === 'kept' ? JSON.stringify(outcome.content) : null
  await pool.query(sql`
    update holdfast.message
       set state = ${isAgain ? 'due' : outcome.kind}, attempt_until = null, result = left(${result}::text, 300),
           failure = ${failure}::text, reason = ${reason}::text,
           masked_address = coalesce(${maskedAddress}::text, masked_address), content = ${content}::jsonb,
           attempts = attempts - ${notTried}::integer,
           attempted_at = case when ${notTried}::integer = 0 then clock_timestamp() else attempted_at end,
           -- It was refused, or not handed over: what earlier attempts may have reached counts.
           may_have_arrived = case when ${isRefused}::boolean then ${message.mayHaveArrived} else may_have_arrived end,
           due_at = coalesce(${isAgain ? outcome.dueAt : null}::timestamptz, due_at),
           done_at = case when ${isAgain}::boolean then null else clock_timestamp() end
     where ${isOfAttempt(message)}`)
}
