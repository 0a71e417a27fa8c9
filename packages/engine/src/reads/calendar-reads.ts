import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { asSent, readPlainArray } from '../database/array-literal.ts'
import { parseTime } from '../database/pools.ts'
import { prepared } from '../database/prepared.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import { parseSnapshot, type Snapshot } from '../model/snapshot.ts'
import { availableUnits } from './bookable-sql.ts'
import { instantsOfLocalDays } from './local-days.ts'

/**
 * A slot as the calendar stores it. `available`: lapsed holds count as free. `lapsesInMs`: from the read until its next
 * hold lapses; null: it has no hold.
 */
export type CalendarSlot = {
  id: string
  doctorId: string
  startsAt: Date
  endsAt: Date
  capacity: number
  available: number
  lapsesInMs: number | null
}

/** The clinic's rules that say which of the slots can be booked. */
export type CalendarRules = { timezone: string; minimumNoticeMinutes: number; bookingHorizonDays: number }

export type CalendarDays = {
  snapshot: Snapshot
  /** The database's time of the read. */
  asOf: Date
  /** The instants of the local days are [start, end). */
  start: Date
  end: Date
  rules: CalendarRules
  /** Sorted by start; withdrawn slots, and those of visits in sessions, are left out. */
  slots: CalendarSlot[]
}

/**
 * An active doctor and the slots with holds, ordered by when the next hold ends. `hasLapsed`: a hold on the slot has
 * ended, but its units were not given back yet. `isPartial`: there are more such slots than are listed.
 */
export type CalendarDoctor = {
  doctorId: string
  held: (CalendarSlot & { hasLapsed: boolean })[]
  isPartial: boolean
}

/** Everything here fails within seconds when the database does not respond. */
export type CalendarReads = {
  /**
   * The slots that start on the local days `from` to `to` (`YYYY-MM-DD`, both included) of the clinic's zone, with the
   * clinic's rules, all of one snapshot; null: no such active doctor.
   *
   * @param knownZone the clinic's zone if the caller knows it, which saves a query; if it has changed, the days are
   *   read again
   */
  days(doctorId: string, from: string, to: string, knownZone?: string | null): Promise<CalendarDays | null>
  /**
   * The slots of these that exist, in no order, and the database's time of the read. A withdrawn slot has nothing
   * available, and no hold. A visit's slot in a session counts as withdrawn: no list has it.
   */
  slots(
    slotIds: readonly string[],
  ): Promise<{ snapshot: Snapshot; asOf: Date; slots: (CalendarSlot & { isWithdrawn: boolean })[] }>
  /** The active doctors among these, each with its slots that have holds. */
  doctors(doctorIds: readonly string[]): Promise<{ snapshot: Snapshot; doctors: CalendarDoctor[] }>
}

/** For members of the clinic: the days of a doctor who may be inactive; null: no such doctor. */
export type DaysOfAnyDoctor = {
  daysOfAny(doctorId: string, from: string, to: string): Promise<CalendarDays | null>
}

/** If the database hangs, the connection is dropped. pg supports this option, but its types do not declare it. */
const inTime = { query_timeout: 5_000 }

/** The most slots with holds that are listed per doctor: each needs an entry in the timers of every process. */
const heldMax = 1_000

// Until the next hold lapses. If next_lapse has passed and the sweeper has not run yet, it is read from the bookings.
const lapsesInMs = sql`date_part('epoch', case
    when s.withdrawn_at is not null or s.blocked_at is not null then null
    when s.next_lapse > statement_timestamp() then s.next_lapse
    when s.next_lapse is not null then holdfast.next_hold_end(s.clinic_no, s.id, statement_timestamp())
    end - statement_timestamp()) * 1000`

/** The columns of a {@link CalendarSlot}, where `s` is the slot. Numbers, because parsing times takes longer. */
const calendarSlot = sql`s.id, date_part('epoch', s.starts_at) * 1000 as starts_ms,
  date_part('epoch', s.ends_at) * 1000 as ends_ms, s.capacity,
  case when s.withdrawn_at is null then ${availableUnits} else 0 end as available, ${lapsesInMs} as lapses_ms`

/**
 * The columns of `q`, as one row of arrays: with a row for each slot, reading 900 slots took 2.6 ms of this process
 * instead of 0.7 (the median of eight rounds in turn).
 */
const asArrays = sql`array_agg(q.id) as ids, array_agg(q.starts_ms) as starts_ms, array_agg(q.ends_ms) as ends_ms,
  array_agg(q.capacity) as capacities, array_agg(q.available) as available, array_agg(q.lapses_ms) as lapses_ms`

type SlotColumns = Record<'ids' | 'starts_ms' | 'ends_ms' | 'capacities' | 'available' | 'lapses_ms', string | null>

/** The primary keys, as rows of (clinic_no, id). */
function keysOf(ids: readonly string[]): Sql {
  return sql`unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]) u(clinic_no, id)`
}

type Doctors = 'active' | 'any'

/** Where `r` is the doctor. */
const isReadOf: Record<Doctors, Sql> = { active: sql`r.active`, any: sql`true` }

// A separate query for the zone, because Temporal calculates when the local days begin.
function zoneOfDoctor(doctorId: string, doctors: Doctors): Sql {
  return sql`
    select c.timezone from holdfast.resource r join holdfast.clinic c on c.no = r.clinic_no
     where r.clinic_no = ${clinicNoOf(doctorId)} and r.id = ${doctorId} and r.kind = 'doctor'
       and ${isReadOf[doctors]}`
}

type DaysRow = SlotColumns & {
  [Column in 'snapshot' | 'as_of' | 'timezone' | 'minimum_notice_minutes' | 'booking_horizon_days']: string
}

// The aggregates rely on the order of the query below them: nothing may come between.
function daysOfDoctor(doctorId: string, start: Date, end: Date, doctors: Doctors): Sql {
  const clinicNo = clinicNoOf(doctorId)
  return sql`
    select pg_current_snapshot() as snapshot, statement_timestamp() as as_of, c.timezone, c.minimum_notice_minutes,
           c.booking_horizon_days, l.*
      from holdfast.resource r
      join holdfast.clinic c on c.no = r.clinic_no
     cross join (
       select ${asArrays}
         from (select ${calendarSlot}
                 from holdfast.slot s
                where s.clinic_no = ${clinicNo} and s.resource_id = ${doctorId}
                  and s.starts_at >= ${start} and s.starts_at < ${end} and s.withdrawn_at is null
                  and s.session_id is null
                order by s.starts_at) q) l
     where r.clinic_no = ${clinicNo} and r.id = ${doctorId} and r.kind = 'doctor' and ${isReadOf[doctors]}`
}

type SlotsRow = SlotColumns & { snapshot: string; as_of: string; doctor_ids: string | null; withdrawn: string | null }

// `limit 1` forces one look-up by primary key per slot: a join with thousands of ids is planned as a scan of all slots.
function slotsByKey(slotIds: readonly string[]): Sql {
  return sql`
    select pg_current_snapshot() as snapshot, statement_timestamp() as as_of, ${asArrays},
           array_agg(q.resource_id) as doctor_ids, array_agg(q.withdrawn) as withdrawn
      from (select ${calendarSlot}, s.resource_id,
                   s.withdrawn_at is not null or s.session_id is not null as withdrawn
              from ${keysOf(slotIds)}
             cross join lateral (select t.* from holdfast.slot t where t.clinic_no = u.clinic_no and t.id = u.id
                                  limit 1) s) q`
}

type DoctorsRow = SlotColumns & { snapshot: string; doctor_id: string | null; have_lapsed: string | null }

// One row without a doctor where there is none. Slots that have ended, which take a day at most, are left out: nobody
// can book their units any more.
function doctorsWithHolds(doctorIds: readonly string[]): Sql {
  return sql`
    select pg_current_snapshot() as snapshot, d.*
      from (select) one
      left join (
        select r.id as doctor_id, h.*
          from ${keysOf(doctorIds)}
          join holdfast.resource r on r.clinic_no = u.clinic_no and r.id = u.id and r.kind = 'doctor' and r.active
         cross join lateral (
           select ${asArrays}, array_agg(q.has_lapsed) as have_lapsed
             from (select ${calendarSlot}, s.next_lapse <= statement_timestamp() as has_lapsed
                     from (select t.* from holdfast.slot t
                            where t.clinic_no = r.clinic_no and t.resource_id = r.id and t.next_lapse is not null
                              and t.withdrawn_at is null and t.session_id is null
                              and t.starts_at > statement_timestamp() - interval '25 hours'
                            order by t.next_lapse limit ${heldMax}) s
                    order by s.next_lapse) q) h) d on true`
}

/** The reads of the calendar: how many units of slots are free by the database's clock, and until when. */
export function createCalendarReads(pool: pg.Pool): CalendarReads & DaysOfAnyDoctor {
  const run = async <Row extends pg.QueryResultRow>(name: string, statement: Sql) =>
    (await pool.query<Row>({ ...inTime, ...prepared(name, statement), types: asSent })).rows
  const zoneOf = async (doctorId: string, of: Doctors) =>
    (await run<{ timezone: string }>(`calendar_zone_${of}`, zoneOfDoctor(doctorId, of)))[0]?.timezone
  const days = async (doctorId: string, from: string, to: string, knownZone: string | null, of: Doctors) => {
    if (!isId(doctorId)) return null
    let zone = knownZone ?? (await zoneOf(doctorId, of))
    while (zone !== undefined) {
      const { start, end } = instantsOfLocalDays(from, to, zone)
      const [row] = await run<DaysRow>(`calendar_days_${of}`, daysOfDoctor(doctorId, start, end, of))
      if (row?.timezone === zone) return { ...daysOf(doctorId, row), start, end }
      zone = row?.timezone
    }
    return null
  }
  return {
    days: (doctorId, from, to, knownZone = null) => days(doctorId, from, to, knownZone, 'active'),

    daysOfAny: (doctorId, from, to) => days(doctorId, from, to, null, 'any'),

    async slots(slotIds) {
      const row = firstOf(await run<SlotsRow>('calendar_slots', slotsByKey(slotIds)))
      const [doctorIds, withdrawn] = [elementsOf(row.doctor_ids), elementsOf(row.withdrawn)]
      const slots = slotsOf(row, (index) => doctorIds[index] ?? '').map((slot, index) => {
        return { ...slot, isWithdrawn: withdrawn[index] === 't' }
      })
      return { snapshot: parseSnapshot(row.snapshot), asOf: parseTime(row.as_of), slots }
    },

    async doctors(doctorIds) {
      const ids = [...new Set(doctorIds)].filter(isId)
      const rows = await run<DoctorsRow>('calendar_doctors', doctorsWithHolds(ids))
      const doctors = rows.flatMap((row) => (row.doctor_id === null ? [] : [doctorOf(row.doctor_id, row)]))
      return { snapshot: parseSnapshot(firstOf(rows).snapshot), doctors }
    },
  }
}

function daysOf(doctorId: string, row: DaysRow): Omit<CalendarDays, 'start' | 'end'> {
  const minimumNoticeMinutes = Number(row.minimum_notice_minutes)
  const bookingHorizonDays = Number(row.booking_horizon_days)
  return {
    snapshot: parseSnapshot(row.snapshot),
    asOf: parseTime(row.as_of),
    rules: { timezone: row.timezone, minimumNoticeMinutes, bookingHorizonDays },
    slots: slotsOf(row, () => doctorId),
  }
}

function doctorOf(doctorId: string, row: DoctorsRow): CalendarDoctor {
  const haveLapsed = elementsOf(row.have_lapsed)
  const held = slotsOf(row, () => doctorId).map((slot, index) => ({ ...slot, hasLapsed: haveLapsed[index] === 't' }))
  return { doctorId, held, isPartial: held.length >= heldMax }
}

function slotsOf(columns: SlotColumns, doctorIdOf: (index: number) => string): CalendarSlot[] {
  const startsMs = elementsOf(columns.starts_ms)
  const endsMs = elementsOf(columns.ends_ms)
  const capacities = elementsOf(columns.capacities)
  const available = elementsOf(columns.available)
  const lapsesMs = elementsOf(columns.lapses_ms)
  return elementsOf(columns.ids).map((id, index) => {
    const lapses = lapsesMs[index] ?? null
    return {
      id: id ?? '',
      doctorId: doctorIdOf(index),
      startsAt: new Date(Math.round(Number(startsMs[index]))),
      endsAt: new Date(Math.round(Number(endsMs[index]))),
      capacity: Number(capacities[index]),
      available: Number(available[index]),
      lapsesInMs: lapses === null ? null : Number(lapses),
    }
  })
}

/** An aggregate over no rows is null. */
function elementsOf(literal: string | null): (string | null)[] {
  return literal === null ? [] : readPlainArray(literal)
}

function firstOf<Row>(rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined) throw new Error('A query of the calendar returned no row.')
  return row
}
