import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import { availableUnits } from './bookable-sql.ts'
import { isHeld } from './hold-sql.ts'

/** A slot as subscribers see it. `lapsesInMs`: until the next hold on it lapses; null: it has no hold. */
export type LiveSlot = { id: string; doctorId: string; available: number; lapsesInMs: number | null }

/**
 * An active doctor and the slots with holds, ordered by when the next hold ends. `hasLapsed`: a hold on the slot has
 * ended, but its units were not given back yet. `isPartial`: there are more such slots than are listed.
 */
export type LiveDoctor = { doctorId: string; held: (LiveSlot & { hasLapsed: boolean })[]; isPartial: boolean }

/** Both fail within seconds when the database does not respond. */
export type LiveReads = {
  /** Those of these slots that exist, in no order. A withdrawn slot has nothing available. */
  slots(slotIds: readonly string[]): Promise<LiveSlot[]>
  /** The active doctors among these. */
  doctors(doctorIds: readonly string[]): Promise<LiveDoctor[]>
}

/**
 * If the database hangs, the connection is dropped. pg supports this option, but its types do not declare it.
 */
const inTime = { query_timeout: 5_000 }

/** The most slots with holds that are listed per doctor: each needs a timer in the subscribers' process. */
const heldMax = 1_000

// When the next hold lapses. If next_lapse has passed and the sweeper has not run yet, it is read from the bookings.
const lapsesInMs = sql`extract(epoch from case
    when s.withdrawn_at is not null then null
    when s.next_lapse > statement_timestamp() then s.next_lapse
    when s.next_lapse is not null then (select min(b.hold_expires_at) from holdfast.booking b
      where b.clinic_no = s.clinic_no and b.slot_id = s.id and ${isHeld})
    end - statement_timestamp())::float8 * 1000`

/** The primary keys, as rows of (clinic_no, id). */
function keysOf(ids: readonly string[]): Sql {
  return sql`unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]) u(clinic_no, id)`
}

// `limit 1` forces one look-up by primary key per slot: a join with thousands of ids is planned as a scan of all slots.
function liveSlots(slotIds: readonly string[]): Sql {
  return sql`
    select s.id, s.resource_id, case when s.withdrawn_at is null then ${availableUnits} else 0 end as available,
           ${lapsesInMs} as lapses_in_ms
      from ${keysOf(slotIds)}
     cross join lateral (select t.* from holdfast.slot t where t.clinic_no = u.clinic_no and t.id = u.id limit 1) s`
}

// A slot that began long ago has no holds: a hold lasts half an hour at most.
function liveDoctors(doctorIds: readonly string[]): Sql {
  return sql`
    select r.id as doctor_id, h.*
      from ${keysOf(doctorIds)}
      join holdfast.resource r on r.clinic_no = u.clinic_no and r.id = u.id and r.kind = 'doctor' and r.active
      left join lateral (
        select s.id, s.resource_id, ${availableUnits} as available, ${lapsesInMs} as lapses_in_ms,
               s.next_lapse <= statement_timestamp() as has_lapsed
          from (select t.* from holdfast.slot t
                 where t.clinic_no = r.clinic_no and t.resource_id = r.id and t.next_lapse is not null
                   and t.withdrawn_at is null and t.starts_at > statement_timestamp() - interval '1 hour'
                 order by t.next_lapse limit ${heldMax}) s
         order by s.next_lapse) h on true`
}

type SlotRow = { id: string; resource_id: string; available: number; lapses_in_ms: number | null }
type DoctorRow = { doctor_id: string } & ({ [Column in keyof SlotRow]: null } | (SlotRow & { has_lapsed: boolean }))

/** For the live feed: how many units of slots are free by the database's clock, and when the next hold lapses. */
export function createLiveReads(pool: pg.Pool): LiveReads {
  return {
    async slots(slotIds) {
      const { rows } = await pool.query<SlotRow>({ ...inTime, ...prepared('live_slots', liveSlots(slotIds)) })
      return rows.map(liveSlotOf)
    },

    async doctors(doctorIds) {
      const ids = [...new Set(doctorIds)].filter(isId)
      const { rows } = await pool.query<DoctorRow>({ ...inTime, ...prepared('live_doctors', liveDoctors(ids)) })
      const doctors = new Map<string, LiveDoctor>()
      for (const row of rows) {
        const doctor = doctors.get(row.doctor_id) ?? { doctorId: row.doctor_id, held: [], isPartial: false }
        doctors.set(row.doctor_id, doctor)
        if (row.id === null) continue
        doctor.held.push({ ...liveSlotOf(row), hasLapsed: row.has_lapsed })
        doctor.isPartial = doctor.held.length >= heldMax
      }
      return [...doctors.values()]
    },
  }
}

function liveSlotOf(row: SlotRow): LiveSlot {
  return { id: row.id, doctorId: row.resource_id, available: row.available, lapsesInMs: row.lapses_in_ms }
}
