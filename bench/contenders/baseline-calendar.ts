import { readFile } from 'node:fs/promises'
import { createPool } from '@holdfast/engine'
import type { DesignName } from '../baselines/designs.ts'
import type { Calendar, CalendarShape, Recount } from './contender.ts'
import { firstSlotStart } from './our-calendar.ts'

export type BaselineCalendars = {
  make(shape: CalendarShape): Promise<Calendar>
  recount(calendar: Calendar): Promise<Recount>
  end(): Promise<void>
}

/** All designs have these columns; the others have defaults. */
const insertCalendar = `
  with created as (
    insert into doctor (id, clinic_id, name)
    select gen_random_uuid(), gen_random_uuid(), 'Doctor ' || n from generate_series(1, $1::integer) n
    returning id
  )
  insert into slot (id, doctor_id, starts_at, ends_at, capacity)
  select gen_random_uuid(), m.id, $3::timestamptz + n * interval '15 minutes',
         $3::timestamptz + (n + 1) * interval '15 minutes',
         $4::integer
    from created m cross join generate_series(0, $2::integer - 1) n
  returning id, doctor_id`

/** Counts the units of each slot from the bookings, and compares them with the design's counter. */
const recountSlots = `
  select coalesce(sum(q.bookings), 0)::integer as bookings,
         count(*) filter (where q.units > q.capacity)::integer as overbooked,
         count(*) filter (where q.counted <> q.units)::integer as miscounted
    from (select s.id, s.capacity, coalesce(b.units, 0) as units, coalesce(b.bookings, 0) as bookings,
                 COUNTER as counted
            from slot s
            left join (select slot_id, sum(units) as units, count(*) as bookings from booking
                        where status in ('PENDING', 'CONFIRMED') group by slot_id) b on b.slot_id = s.id
           where s.doctor_id = any ($1::uuid[])) q`

const counted: Record<DesignName, string> = {
  'five-statements': 'coalesce(b.units, 0)',
  'five-statements-complete': 'coalesce(b.units, 0)',
  'no-lock': 'coalesce(b.units, 0)',
  'unique-slot': '(not s.is_available)::integer',
  'serializable-nowait': 's.booked',
  'optimistic-version': 's.booked',
  'slot-locks': 's.booked',
  'redis-lock': 's.booked',
  'database-function': 's.booked',
}

/** Creates the design's tables in its empty database. */
export async function baselineCalendars(databaseUrl: string, design: DesignName): Promise<BaselineCalendars> {
  const pool = createPool({ url: databaseUrl, max: 1, name: 'bench calendars' })
  for (const file of ['schema.sql', `${design}/schema.sql`]) {
    await pool.query(await readFile(new URL(`../baselines/${file}`, import.meta.url), 'utf8'))
  }
  return {
    async make({ doctors, slotsPerDoctor, units }) {
      const capacity = Math.ceil(units / (doctors * slotsPerDoctor))
      const { rows } = await pool.query<{ id: string; doctor_id: string }>(insertCalendar, [
        doctors,
        slotsPerDoctor,
        new Date(firstSlotStart()),
        capacity,
      ])
      await pool.query('analyze slot, booking, doctor')
      const doctorIds = [...new Set(rows.map((row) => row.doctor_id))]
      return { slotIds: rows.map((row) => row.id), doctorIds, clinic: null }
    },
    async recount({ doctorIds }) {
      type Row = { bookings: number; overbooked: number; miscounted: number }
      const { rows } = await pool.query<Row>(recountSlots.replace('COUNTER', counted[design]), [doctorIds])
      const { bookings = 0, overbooked = 0, miscounted = 0 } = rows[0] ?? {}
      const faults: string[] = []
      if (overbooked > 0) faults.push(`${overbooked} slots are overbooked`)
      if (miscounted > 0) faults.push(`${miscounted} slots have a wrong counter`)
      return { bookings, faults }
    },
    end: () => pool.end(),
  }
}
