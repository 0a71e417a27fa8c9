import type pg from 'pg'
import sql from 'sql-template-tag'
import { type PublishedEvent, publishedEvents } from '../model/webhook.ts'
import type { LoggedEvent } from '../tail/logged-events.ts'

/** What programs outside get of an event: ids and times, and nothing about the patient. */
export type PublishedData = {
  bookingId: string
  version: number
  kind: 'appointment' | 'case'
  clinicId: string
  /** The doctor, or the operating room of a case. */
  doctorId: string
  slotId: string
  /** The slot that the booking left by a move. */
  fromSlotId: string | null
  /** null: a case, whose times are its own. */
  startsAt: string | null
  endsAt: string | null
  units: number
  holdExpiresAt: string | null
  /** A word such as `slot_withdrawn` or `hold_expired`. */
  reason: string | null
}

/** The same for the event as for each repetition of it, and different from that of every other. */
export type Published = {
  clinicNo: number
  name: PublishedEvent
  at: Date
  data: PublishedData
}

/** What happened longer ago is sent by a replay alone, such as when a log is read again from its start. */
const eventDaysMax = 7

/** The events that are published at once, by the database's clock. */
export async function recentEvents(
  connection: pg.Pool | pg.PoolClient,
  events: readonly LoggedEvent[],
): Promise<LoggedEvent[]> {
  if (events.length === 0) return []
  const { rows } = await connection.query<{ since: Date }>(sql`
    select statement_timestamp() - make_interval(days => ${eventDaysMax}) as since`)
  const since = rows[0]?.since ?? new Date()
  return events.filter(({ at }) => at > since)
}

/** The events as they are published, in their order. Events of slots that were archived meanwhile are left out. */
export async function publishedForm(
  connection: pg.Pool | pg.PoolClient,
  events: readonly LoggedEvent[],
): Promise<Published[]> {
  if (events.length === 0) return []
  const slotIds = [...new Set(events.map(({ slotId }) => slotId))]
  const clinicNos = [...new Set(events.map(({ clinicNo }) => clinicNo))]
  const { rows } = await connection.query<{ id: string; clinicId: string; startsAt: Date; endsAt: Date }>(sql`
    select s.id, c.id as "clinicId", s.starts_at as "startsAt", s.ends_at as "endsAt"
      from holdfast.slot s join holdfast.clinic c on c.no = s.clinic_no
     where s.clinic_no = any (${clinicNos}::integer[]) and s.id = any (${slotIds}::uuid[])`)
  const slots = new Map(rows.map((row) => [row.id, row]))
  return events.flatMap((event): Published[] => {
    const slot = slots.get(event.slotId)
    if (slot === undefined) return []
    const { clinicNo, bookingId, version, at, type, isCase, doctorId, slotId, fromSlotId, units, reason } = event
    const data: PublishedData = {
      bookingId,
      version,
      kind: isCase ? 'case' : 'appointment',
      clinicId: slot.clinicId,
      doctorId,
      slotId,
      fromSlotId,
      startsAt: isCase ? null : slot.startsAt.toISOString(),
      endsAt: isCase ? null : slot.endsAt.toISOString(),
      units,
      holdExpiresAt: event.holdExpiresAt?.toISOString() ?? null,
      reason,
    }
    return [{ clinicNo, name: publishedEvents[type], at, data }]
  })
}
