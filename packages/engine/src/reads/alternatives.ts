import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { prepared } from '../database/prepared.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type { AlternativesQuery, Reads } from '../model/reads.ts'
import type { Slot } from '../model/slot.ts'
import { isBookableByDesk, isBookableTime } from './bookable-sql.ts'
import { type LocalDay, localDayOf } from './local-days.ts'
import { type SlotRow, selectedSlot, slotOf } from './slot-row.ts'

/** How many days after the wanted day are searched: a limit for the scan of a full calendar. */
const laterDaysMax = 62

type WantedRow = { resource_id: string; starts_at: Date; specialization: string | null; timezone: string }

/** The slot that is full, and what is wanted instead. */
type Wanted = AlternativesQuery & { doctorId: string; startsAt: Date; day: LocalDay }

/**
 * Bookable slots with room instead of one that is full: the same doctor's on that local day, the nearest first; then
 * those of the next 62 days; then those of other doctors of the clinic with the same specialization on that day.
 */
export function alternativeReads(pool: pg.Pool): Pick<Reads, 'alternatives'> {
  return {
    async alternatives(query): Promise<Slot[]> {
      const { slotId, limit, sameDoctor } = query
      if (!isId(slotId) || limit < 1) return []
      const found = await pool.query<WantedRow>(prepared('wanted_slot', wantedSlot(slotId)))
      const [slot] = found.rows
      if (slot === undefined) return []
      const { resource_id: doctorId, starts_at: startsAt, specialization, timezone } = slot
      const wanted = { ...query, doctorId, startsAt, day: localDayOf(startsAt, timezone) }
      const whose = query.byDesk ? '_by_desk' : ''
      const same = await pool.query<SlotRow>(prepared(`alternatives_of_doctor${whose}`, ofSameDoctor(wanted)))
      const slots = same.rows.map(slotOf)
      if (slots.length >= limit || sameDoctor || specialization === null) return slots
      const rest = { ...wanted, limit: limit - slots.length }
      const others = await pool.query<SlotRow>(
        prepared(`alternatives_of_others${whose}`, ofOtherDoctors(rest, specialization)),
      )
      return [...slots, ...others.rows.map(slotOf)]
    },
  }
}

function wantedSlot(slotId: string): Sql {
  return sql`
    select s.resource_id, s.starts_at, r.specialization, c.timezone
      from holdfast.slot s
      join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id and r.kind = 'doctor'
      join holdfast.clinic c on c.no = s.clinic_no
     where s.clinic_no = ${clinicNoOf(slotId)} and s.id = ${slotId}`
}

const slotsWithDoctorAndClinic = sql`holdfast.slot s
  join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = s.resource_id
  join holdfast.clinic c on c.no = s.clinic_no`

/** Another slot of the clinic that may have room: its units are counted afterwards. */
function isCandidate({ slotId, fromSlotId, units, appointmentType, byDesk }: Wanted): Sql {
  return sql`s.clinic_no = ${clinicNoOf(slotId)} and s.id <> ${slotId} and r.active
    and ${byDesk ? isBookableByDesk : isBookableTime}
    and s.id is distinct from ${fromSlotId}::uuid
    and coalesce(${appointmentType}::text = any (r.appointment_types), true)
    and (s.capacity - s.taken >= ${units} or s.next_lapse <= statement_timestamp())`
}

/** Two scans of the same calendar: the wanted day by nearness, then the days after it in order. */
function ofSameDoctor(wanted: Wanted): Sql {
  const { units, limit, doctorId, startsAt, day } = wanted
  return sql`
    with candidate as (
      (select 0 as later, abs(extract(epoch from s.starts_at - ${startsAt}::timestamptz)) as distance, ${selectedSlot}
         from ${slotsWithDoctorAndClinic}
        where ${isCandidate(wanted)} and s.resource_id = ${doctorId}
          and s.starts_at >= ${day.start} and s.starts_at < ${day.end})
      union all
      (select * from (
        select 1 as later, extract(epoch from s.starts_at - ${startsAt}::timestamptz) as distance, ${selectedSlot}
          from ${slotsWithDoctorAndClinic}
         where ${isCandidate(wanted)} and s.resource_id = ${doctorId} and s.starts_at >= ${day.end}
           and s.starts_at < ${day.end}::timestamptz + make_interval(days => ${laterDaysMax})) l
        where l.available >= ${units}
        order by l.starts_at
        limit ${limit})
    )
    select id, resource_id, starts_at, ends_at, capacity, available
      from candidate where available >= ${units}
     order by later, distance, starts_at
     limit ${limit}`
}

function ofOtherDoctors(wanted: Wanted, specialization: string): Sql {
  const { units, limit, doctorId, startsAt, day } = wanted
  return sql`
    select q.id, q.resource_id, q.starts_at, q.ends_at, q.capacity, q.available
      from (
        select ${selectedSlot}, r.name
          from ${slotsWithDoctorAndClinic}
         where ${isCandidate(wanted)} and r.kind = 'doctor' and r.specialization = ${specialization}
           and r.id <> ${doctorId} and s.starts_at >= ${day.start} and s.starts_at < ${day.end}) q
     where q.available >= ${units}
     order by abs(extract(epoch from q.starts_at - ${startsAt}::timestamptz)), q.name, q.id
     limit ${limit}`
}
