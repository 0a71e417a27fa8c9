import type pg from 'pg'
import { clinicNoOf, isId } from '../model/id.ts'
import type { Reads } from '../model/reads.ts'
import type { Slot } from '../model/slot.ts'
import { bookableTimeSql } from './bookable-sql.ts'
import { localDayOf } from './local-days.ts'
import { type SlotRow, slotColumnsSql, slotOf } from './slot-row.ts'

/** How far after the wanted day a later one is looked for: a doctor without any room costs a bounded walk. */
const laterDaysMax = 62

const wantedSlot = `
  select s.resource_id, s.starts_at, r.specialization, c.timezone
    from holdfast.slot s
    join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
    join holdfast.clinic c on c.no = s.clinic_no
   where s.clinic_no = $1 and s.id = $2`

// $1 clinic, $2 the wanted slot, $3 units, $4 limit
const bookable = `
  s.clinic_no = $1 and s.id <> $2 and r.active and ${bookableTimeSql}
    and (s.capacity - s.taken >= $3 or s.next_lapse <= statement_timestamp())`

/** Two walks along the same calendar: the wanted day's by nearness, then the days after in order. */
const ofSameDoctor = `
  with candidate as (
    (select 0 as later, abs(extract(epoch from s.starts_at - $6::timestamptz)) as distance, ${slotColumnsSql}
       from holdfast.slot s
       join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
       join holdfast.clinic c on c.no = s.clinic_no
      where ${bookable} and s.resource_id = $5 and s.starts_at >= $7 and s.starts_at < $8)
    union all
    (select * from (
      select 1 as later, extract(epoch from s.starts_at - $6::timestamptz) as distance, ${slotColumnsSql}
        from holdfast.slot s
        join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
        join holdfast.clinic c on c.no = s.clinic_no
       where ${bookable} and s.resource_id = $5
         and s.starts_at >= $8 and s.starts_at < $8::timestamptz + interval '${laterDaysMax} days') l
      where l.available >= $3
      order by l.starts_at
      limit $4)
  )
  select id, resource_id, starts_at, ends_at, capacity, available
    from candidate where available >= $3
   order by later, distance, starts_at
   limit $4`

const ofOtherDoctors = `
  select q.id, q.resource_id, q.starts_at, q.ends_at, q.capacity, q.available
    from (
      select ${slotColumnsSql}, r.name
        from holdfast.slot s
        join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
        join holdfast.clinic c on c.no = s.clinic_no
       where ${bookable} and r.kind = 'doctor' and r.specialization = $5 and r.id <> $6
         and s.starts_at >= $8 and s.starts_at < $9) q
   where q.available >= $3
   order by abs(extract(epoch from q.starts_at - $7::timestamptz)), q.name, q.id
   limit $4`

type WantedRow = { resource_id: string; starts_at: Date; specialization: string | null; timezone: string }

/**
 * Bookable slots with room instead of one that is full: the same doctor's on that local day, the nearest first; then
 * those of the next 62 days; then those of other doctors of the clinic with the same specialization on that day.
 */
export function alternativeReads(pool: pg.Pool): Pick<Reads, 'alternatives'> {
  return {
    async alternatives({ slotId, units, limit }): Promise<Slot[]> {
      if (!isId(slotId) || limit < 1) return []
      const clinicNo = clinicNoOf(slotId)
      const wanted = await pool.query<WantedRow>({ name: 'wanted_slot', text: wantedSlot, values: [clinicNo, slotId] })
      const [slot] = wanted.rows
      if (slot === undefined) return []
      const day = localDayOf(slot.starts_at, slot.timezone)
      const same = await pool.query<SlotRow>({
        name: 'alternatives_of_doctor',
        text: ofSameDoctor,
        values: [clinicNo, slotId, units, limit, slot.resource_id, slot.starts_at, day.start, day.end],
      })
      const found = same.rows.map(slotOf)
      if (found.length >= limit || slot.specialization === null) return found
      const others = await pool.query<SlotRow>({
        name: 'alternatives_of_others',
        text: ofOtherDoctors,
        values: [
          clinicNo,
          slotId,
          units,
          limit - found.length,
          slot.specialization,
          slot.resource_id,
          slot.starts_at,
          day.start,
          day.end,
        ],
      })
      return [...found, ...others.rows.map(slotOf)]
    },
  }
}
