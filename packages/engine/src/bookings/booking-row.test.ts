import { aBooking, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { selectedBooking } from '../reads/booking-sql.ts'
import { bookingColumns } from './booking-row.ts'

/** The columns that a function returns, with their types, in their order. */
async function columnsOf(database: TestDatabase, name: string): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ column: string }>(sql`
    select a.name || ' ' || a.type::regtype as column
      from pg_proc p,
           unnest(p.proargnames, p.proargmodes, p.proallargtypes) with ordinality a(name, mode, type, n)
     where p.pronamespace = 'holdfast'::regnamespace and p.proname = ${name} and a.mode = 't'
     order by a.n`)
  return rows.map(({ column }) => column)
}

const namesOf = (columns: string[]) => columns.map((column) => column.split(' ')[0])

test('the functions and TypeScript agree on the columns of a booking', async ({ database }) => {
  const booking = await columnsOf(database, 'with_effective_status')
  expect(namesOf(booking)).toEqual(Object.values(bookingColumns))
  const after = 3 + booking.length
  const settled = await columnsOf(database, 'settle_bookings')
  expect(settled.slice(3, after)).toEqual(booking)
  expect(namesOf(settled.slice(after))).toEqual(['available', 'lapses_in_ms', 'snapshot', 'hold_left_ms'])
  const moved = await columnsOf(database, 'move_bookings')
  expect(moved.slice(3, after)).toEqual(booking)
  expect(namesOf(moved.slice(after))).toEqual([
    'capacity',
    'available',
    'lapses_in_ms',
    'from_slot_id',
    'from_resource_id',
    'from_starts_at',
    'from_available',
    'from_lapses_in_ms',
    'snapshot',
    'added',
  ])
})

test('reads and functions return the same booking, in every state', async ({ database, doctor }) => {
  const slot = await aSlot(database, doctor, { capacity: 100 })
  const lapsed = { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) } as const
  for (const status of ['PENDING', 'CONFIRMED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED'] as const) {
    await aBooking(database, slot, { status, reason: 'a reason' })
  }
  await aBooking(database, slot, lapsed)
  const bookings = sql`
    from holdfast.booking b
    join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
    join holdfast.clinic c on c.no = b.clinic_no`
  const read = await database.ownerPool.query(sql`select ${selectedBooking} ${bookings} order by b.id`)
  const returned = await database.ownerPool.query(sql`
    select e.* ${bookings}
     cross join lateral holdfast.with_effective_status(b, s.starts_at, s.ends_at, s.visit_type_id, s.session_id, c.id,
                                                      statement_timestamp()) e
     order by e.id`)
  expect(read.rows).toHaveLength(7)
  expect(read.rows).toEqual(returned.rows)
  expect(read.rows.map((row) => row.failure_reason)).toContain('hold_expired')
})
