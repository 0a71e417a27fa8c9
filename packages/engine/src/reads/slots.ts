import type pg from 'pg'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import { bookableTimeSql } from './bookable-sql.ts'
import { instantsOfLocalDays } from './local-days.ts'
import { type SlotRow, slotColumnsSql, slotOf } from './slot-row.ts'

// The doctor and the zone come first, because Temporal says when the local days begin.
const zoneOfDoctor = `
  select c.timezone from holdfast.resource r join holdfast.clinic c on c.no = r.clinic_no
   where r.clinic_no = $1 and r.id = $2 and r.kind = 'doctor' and r.active`

// Until when the list stands if nobody books: the next hold may lapse, the next slot may come too near to be booked. A
// slot with lapsed holds that nobody has swept has told only of its first one: such a list is good for a second.
const lapseSql = `case when s.next_lapse > statement_timestamp() then s.next_lapse
  when s.next_lapse is not null then statement_timestamp() + interval '1 second' end`
const noticeSql = 's.starts_at - make_interval(mins => c.minimum_notice_minutes)'

// A row with an empty slot where there is none: as_of is always told, by the clock that decides.
const slotsOfDoctor = (timeCondition: string, availableMin: number, freshUntilSql: string) => `
  with a as materialized (
    select ${slotColumnsSql}, ${freshUntilSql} as fresh_until
      from holdfast.slot s join holdfast.clinic c on c.no = s.clinic_no
     where s.clinic_no = $1 and s.resource_id = $2 and s.starts_at >= $3 and s.starts_at < $4
       and s.withdrawn_at is null and ${timeCondition})
  select statement_timestamp() as as_of, (select min(a.fresh_until) from a) as list_fresh_until, q.*
    from (select) one
    left join lateral (select a.* from a where a.available >= ${availableMin}) q on true
   order by q.starts_at`

const allSlots = { name: 'slots_of_doctor', text: slotsOfDoctor('true', 0, lapseSql) }
const bookableSlots = {
  name: 'bookable_slots_of_doctor',
  text: slotsOfDoctor(bookableTimeSql, 1, `least(${lapseSql}, ${noticeSql})`),
}

// Nothing of a withdrawn slot can be booked, whatever an ARRIVED patient still takes of it.
const slotById = `
  select q.id, q.resource_id, q.starts_at, q.ends_at, q.capacity,
         case when q.withdrawn then 0 else q.available end as available
    from (select ${slotColumnsSql}, s.withdrawn_at is not null as withdrawn
            from holdfast.slot s where s.clinic_no = $1 and s.id = $2) q`

type SlotsRow = { [Column in keyof SlotRow]: SlotRow[Column] | null } & { as_of: Date; list_fresh_until: Date | null }

/** Slots of a doctor's calendar, and one by its id: a withdrawn one too, with nothing available. */
export function slotReads(pool: pg.Pool): Pick<Reads, 'slots' | 'slot'> {
  return {
    async slots({ doctorId, from, to, onlyAvailable }) {
      if (!isId(doctorId)) return null
      const clinicNo = clinicNoOf(doctorId)
      const doctor = await pool.query<{ timezone: string }>({
        name: 'zone_of_doctor',
        text: zoneOfDoctor,
        values: [clinicNo, doctorId],
      })
      const zone = doctor.rows[0]?.timezone
      if (zone === undefined) return null
      const { start, end } = instantsOfLocalDays(from, to, zone)
      const { rows } = await pool.query<SlotsRow>({
        ...(onlyAvailable ? bookableSlots : allSlots),
        values: [clinicNo, doctorId, start, end],
      })
      const first = rows[0]
      if (first === undefined) throw new Error('The query of slots answered nothing.')
      return { items: rows.filter(isSlot).map(slotOf), asOf: first.as_of, freshUntil: first.list_fresh_until }
    },

    async slot(slotId) {
      if (!isId(slotId)) return null
      const { rows } = await pool.query<SlotRow>({
        name: 'slot_by_id',
        text: slotById,
        values: [clinicNoOf(slotId), slotId],
      })
      return rows[0] === undefined ? null : slotOf(rows[0])
    },
  }
}

function isSlot(row: SlotsRow): row is SlotsRow & SlotRow {
  return row.id !== null
}
