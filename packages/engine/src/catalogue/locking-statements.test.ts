// Completeness: a statement locks rows and chooses partitions while it runs
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'

/**
 * The statements that lock rows and also choose partitions while they run: they read a partitioned table beside the one
 * they lock, or by ids that another part of the statement finds. When a row that such a statement waited for had
 * changed, PostgreSQL 18.4 crashes, with every connection (sql/functions/bookings/lock_bookings.sql).
 */
function riskyStatements(source: string): string[] {
  const statements = source.replaceAll(/--.*$/gm, '').split(';')
  return statements.filter((statement) => {
    if (!/\bfor (no key )?(update|share)\b/i.test(statement)) return false
    const tables = [...statement.matchAll(/\b(?:from|join|update|into)\s+(\w+)/gi)].map(([, name = '']) => name)
    const partitioned = tables.filter((name) => name === 'booking' || name === 'booking_event')
    return (
      partitioned.length > 1 ||
      (partitioned.length === 1 && (tables.includes('slot') || /\.id\) in\b/i.test(statement)))
    )
  })
}

test('no statement of the engine locks rows and chooses partitions while it runs', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ name: string; source: string }>(`
    select proname as name, prosrc as source from pg_proc where pronamespace = 'holdfast'::regnamespace`)
  const locking = rows.filter(({ source }) => /\bfor update\b/i.test(source)).map(({ name }) => name)
  expect(locking).toEqual(expect.arrayContaining(['claim_slots', 'lapse_holds', 'lock_bookings', 'settle_bookings']))
  expect(
    rows.flatMap(({ name, source }) => riskyStatements(source).map((statement) => `${name}: ${statement}`)),
  ).toEqual([])
})

test.each([
  'perform 1 from booking b where (b.clinic_no, b.id) in (select 1, p_id) order by b.id for update;',
  'select s.id from slot s where s.id in (select b.slot_id from booking b where b.id = p_id) for update;',
  `with lapsed as (select b.id from booking b for update) update booking b set version = 2 from lapsed l
     where b.id = l.id;`,
])('negative control: %s', (statement) => {
  expect(riskyStatements(`v_now := now(); ${statement}`)).toHaveLength(1)
})
