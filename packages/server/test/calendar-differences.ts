import type { BuilderDatabase, BuiltDoctor } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { type CalendarPicture, type ListedSlot, type ListQuery, listSlots } from './calendar-picture.ts'

type Doctor = Pick<BuiltDoctor, 'id' | 'clinicNo'>
type Expected = { all: ListedSlot[]; available: ListedSlot[] }

/** A doctor's slots, counted from the bookings. */
export async function expectedSlots({ ownerPool }: BuilderDatabase, { id, clinicNo }: Doctor): Promise<Expected> {
  type Row = { id: string; starts_at: Date; capacity: number; available: number; can_be_booked: boolean }
  const { rows } = await ownerPool.query<Row>(sql`
    select s.id, s.starts_at, s.capacity, s.capacity - coalesce(sum(b.units), 0)::integer as available,
           s.starts_at > now() + make_interval(mins => c.minimum_notice_minutes) as can_be_booked
      from holdfast.slot s
      join holdfast.clinic c on c.no = s.clinic_no
      left join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id
           and (b.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW')
                or b.status = 'PENDING' and b.hold_expires_at > now())
     where s.clinic_no = ${clinicNo} and s.resource_id = ${id} and s.withdrawn_at is null
     group by s.clinic_no, s.id, c.no
     order by s.starts_at`)
  const listed = ({ id, starts_at, capacity, available }: Row): ListedSlot => ({
    id,
    startsAt: starts_at.toISOString(),
    capacity,
    available,
  })
  const free = rows.filter((row) => row.can_be_booked && row.available > 0)
  return { all: rows.map(listed), available: free.map(listed) }
}

/** The servers, by their addresses, and somebody who watches each. */
type Watched = { doctors: readonly Doctor[]; urls: readonly string[]; pictures: readonly CalendarPicture[] }

/** The lists and pictures in which the calendar differs from the database. */
export async function calendarDifferences(
  database: BuilderDatabase,
  { doctors, urls, pictures, query }: Watched & { query: ListQuery },
): Promise<object[]> {
  const found: object[] = []
  for (const doctor of doctors) {
    const { all, available } = await expectedSlots(database, doctor)
    const inPicture = new Map(all.map((each) => [each.id, each.available]))
    for (const [index, url] of urls.entries()) {
      for (const [onlyAvailable, expected] of [
        [false, all],
        [true, available],
      ] as const) {
        const list = await listSlots(url, doctor.id, { ...query, onlyAvailable })
        if (!isEqual(list, expected)) found.push({ server: index, onlyAvailable, list, expected })
      }
      const picture = pictures[index]?.availableOf(doctor.id) ?? null
      const sorted = picture === null ? null : Object.fromEntries([...picture].sort())
      const expected = Object.fromEntries([...inPicture].sort())
      if (!isEqual(sorted, expected)) found.push({ server: index, picture: sorted, expected })
    }
  }
  return found
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
