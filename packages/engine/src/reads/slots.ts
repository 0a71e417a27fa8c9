import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { isBookableTime } from './bookable-sql.ts'
import { instantsOfLocalDays } from './local-days.ts'
import { type SlotRow, selectedSlot, slotOf } from './slot-row.ts'

/** The slots of a doctor's calendar that start in [start, end). */
type SlotRange = { doctorId: string; start: Date; end: Date }

// How long the list is valid if nobody books: until the next hold lapses, or the minimum notice of a slot begins. If
// next_lapse has passed and the sweeper has not run yet, the next lapse is unknown, and the list is valid for a second.
const nextLapse = sql`case when s.next_lapse > statement_timestamp() then s.next_lapse
  when s.next_lapse is not null then statement_timestamp() + interval '1 second' end`
const noticeBegins = sql`s.starts_at - make_interval(mins => c.minimum_notice_minutes)`

const allSlots = { name: 'slots_of_doctor', timeCondition: sql`true`, availableMin: 0, freshUntil: nextLapse }
const bookableSlots = {
  name: 'bookable_slots_of_doctor',
  timeCondition: isBookableTime,
  availableMin: 1,
  freshUntil: sql`least(${nextLapse}, ${noticeBegins})`,
}

/** One row with an empty slot where there is none: `as_of` is always returned, by the database's clock. */
function slotsOfDoctor({ doctorId, start, end }: SlotRange, which: typeof allSlots): pg.QueryConfig {
  return prepared(
    which.name,
    sql`
      with a as materialized (
        select ${selectedSlot}, ${which.freshUntil} as fresh_until
          from holdfast.slot s join holdfast.clinic c on c.no = s.clinic_no
         where s.clinic_no = ${clinicNoOf(doctorId)} and s.resource_id = ${doctorId}
           and s.starts_at >= ${start} and s.starts_at < ${end}
           and s.withdrawn_at is null and ${which.timeCondition})
      select statement_timestamp() as as_of, (select min(a.fresh_until) from a) as list_fresh_until, q.*
        from (select) one
        left join lateral (select a.* from a where a.available >= ${which.availableMin}) q on true
       order by q.starts_at`,
  )
}

// A separate query for the zone, because Temporal calculates when the local days begin.
function zoneOfDoctor(doctorId: string): Sql {
  return sql`
    select c.timezone from holdfast.resource r join holdfast.clinic c on c.no = r.clinic_no
     where r.clinic_no = ${clinicNoOf(doctorId)} and r.id = ${doctorId} and r.kind = 'doctor' and r.active`
}

// A withdrawn slot has nothing available, even if it still has ARRIVED patients.
function slotById(slotId: string): Sql {
  return sql`
    select q.id, q.resource_id, q.starts_at, q.ends_at, q.capacity,
           case when q.withdrawn then 0 else q.available end as available
      from (select ${selectedSlot}, s.withdrawn_at is not null as withdrawn
              from holdfast.slot s where s.clinic_no = ${clinicNoOf(slotId)} and s.id = ${slotId}) q`
}

type SlotsRow = { [Column in keyof SlotRow]: SlotRow[Column] | null } & { as_of: Date; list_fresh_until: Date | null }

/** Slots of a doctor's calendar, and single slots by id, also withdrawn ones. */
export function slotReads(pool: pg.Pool): Pick<Reads, 'slots' | 'slot'> {
  return {
    async slots({ doctorId, from, to, onlyAvailable }) {
      if (!isId(doctorId)) return null
      const doctor = await pool.query<{ timezone: string }>(prepared('zone_of_doctor', zoneOfDoctor(doctorId)))
      const zone = doctor.rows[0]?.timezone
      if (zone === undefined) return null
      const { start, end } = instantsOfLocalDays(from, to, zone)
      const which = onlyAvailable ? bookableSlots : allSlots
      const { rows } = await pool.query<SlotsRow>(slotsOfDoctor({ doctorId, start, end }, which))
      const first = rows[0]
      if (first === undefined) throw new Error('The query of slots returned no row.')
      return { items: rows.filter(isSlot).map(slotOf), asOf: first.as_of, freshUntil: first.list_fresh_until }
    },

    async slot(slotId) {
      if (!isId(slotId)) return null
      const { rows } = await pool.query<SlotRow>(prepared('slot_by_id', slotById(slotId)))
      return rows[0] === undefined ? null : slotOf(rows[0])
    },
  }
}

function isSlot(row: SlotsRow): row is SlotsRow & SlotRow {
  return row.id !== null
}
