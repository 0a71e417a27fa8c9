import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestDatabase } from '@holdfast/testkit'
import { rolledBack } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql, { type Sql } from 'sql-template-tag'
import { expect } from 'vitest'
import { isHeld, isLapsed } from '../database/hold-sql.ts'

test('a hold has lapsed from the moment at which it ends, in functions and in reads', async ({ database }) => {
  const { rows } = await database.ownerPool.query<Record<string, unknown>>(sql`
    select b.*, holdfast.hold_lapsed(b.status, b.hold_expires_at, statement_timestamp()) is true as lapsed,
           ${isLapsed} is true as reads_as_lapsed, ${isHeld} is true as reads_as_held
      from (select s.status, e.ends, statement_timestamp() + e.after as hold_expires_at
              from unnest('{PENDING,CONFIRMED,CANCELLED,FAILED}'::text[]) s(status),
                   (values ('before', interval '-1 microsecond'), ('now', interval '0'),
                           ('after', interval '1 microsecond'), ('never', null)) e(ends, after)) b`)
  expect(rows).toHaveLength(16)
  for (const { status, ends, lapsed, reads_as_lapsed, reads_as_held } of rows) {
    const hasLapsed = status === 'PENDING' && (ends === 'before' || ends === 'now')
    const holds = status === 'PENDING' && ends === 'after'
    expect({ status, ends, lapsed, reads_as_lapsed, reads_as_held }).toEqual({
      status,
      ends,
      lapsed: hasLapsed,
      reads_as_lapsed: hasLapsed,
      reads_as_held: holds,
    })
  }
})

async function planOf(database: TestDatabase, statement: Sql): Promise<string> {
  return rolledBack(database.ownerPool, async (client) => {
    await client.query('set local enable_seqscan = off; set local enable_bitmapscan = off')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(sql`explain (verbose, costs off) ${statement}`)
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  })
}

const lapsedOfSlot = (rule: Sql) => sql`
  select b.id from holdfast.booking b
   where b.clinic_no = 1 and b.slot_id = '018f0000-0000-7000-8000-000000000000'
     and ${rule}(b.status, b.hold_expires_at, statement_timestamp())`

test.for([
  ['hold_lapsed', sql`holdfast.hold_lapsed`],
  ['hold_seems_lapsed', sql`holdfast.hold_seems_lapsed`],
] as const)('the planner inlines %s and finds lapsed holds by their index', async ([, rule], { database }) => {
  const plan = await planOf(database, lapsedOfSlot(rule))
  expect(plan).toMatch(/Index Cond: .*hold_expires_at <= statement_timestamp/)
  expect(plan).not.toMatch(/hold_(seems_)?lapsed\(/)
})

test('negative control: a copy of it in PL/pgSQL is called for each row', async ({ database }) => {
  await database.ownerPool.query(`
    create function public.planted(text, timestamptz, timestamptz) returns boolean language plpgsql immutable
    as 'begin return $1 = ''PENDING'' and $2 <= $3; end'`)
  const plan = await planOf(database, lapsedOfSlot(sql`public.planted`))
  expect(plan).toContain('planted(')
  expect(plan).not.toMatch(/Index Cond: .*hold_expires_at/)
})

test('the planner replaces with_effective_status by its body', async ({ database }) => {
  const plan = await planOf(
    database,
    sql`
    select e.* from holdfast.booking b
     cross join lateral holdfast.with_effective_status(b, now(), now(), null, null, null, statement_timestamp()) e
     where b.clinic_no = 1`,
  )
  expect(plan).toContain('hold_expires_at <= statement_timestamp()')
  expect(plan).not.toMatch(/Function Scan|with_effective_status/)
})

test('the planner replaces the rules of claims by their bodies', async ({ database }) => {
  const plan = await planOf(
    database,
    sql`
    select holdfast.claim_closed(s.withdrawn_at, s.starts_at, s.ends_at, s.capacity > 1, s.blocked_at,
                                 statement_timestamp()),
           holdfast.claim_facts_age_max(), holdfast.slot_units_max(), u.*
      from holdfast.slot s
     cross join lateral holdfast.announced_units(s.withdrawn_at, s.blocked_at, s.capacity, s.taken, s.next_lapse,
                                                 statement_timestamp()) u`,
  )
  expect(plan).toContain('slot_closed:doctor_busy')
  expect(plan).not.toMatch(/Function Scan|claim_closed|claim_facts_age_max|slot_units_max|announced_units/)
})

test('the planner replaces the verdict of a confirmation by its body', async ({ database }) => {
  const plan = await planOf(
    database,
    sql`
    select holdfast.confirmation_verdict(b, s.taken > 1, b.patient, coalesce(b.patient, '{}'), 'closed',
                                         coalesce(b.reason, 'refused'), s.starts_at, statement_timestamp())
      from holdfast.booking b, holdfast.slot s`,
  )
  expect(plan).toContain('request_corrected')
  expect(plan).not.toContain('confirmation_verdict')
})

/** The sources, without tests, that contain it. */
async function filesWith(text: RegExp): Promise<string[]> {
  const sources = fileURLToPath(new URL('../../..', import.meta.url))
  const found: string[] = []
  for await (const path of glob(['*/src/**/*.ts', 'engine/sql/functions/**/*.sql'], { cwd: sources })) {
    const source = await readFile(join(sources, path), 'utf8')
    if (!path.endsWith('.test.ts') && text.test(source)) found.push(path)
  }
  return found.sort()
}

test('that a blocked slot is closed is written in these files, and nowhere else', async () => {
  expect(await filesWith(/blocked_at is (not )?null/)).toEqual([
    'engine/sql/functions/bookings/announced_units.sql',
    'engine/sql/functions/bookings/claim_closed.sql',
    // A condition of a query for open slots.
    'engine/sql/functions/bookings/claim_slot.sql',
    // It blocks and unblocks.
    'engine/sql/functions/calendars/apply_busy_times.sql',
    // Conditions of queries for open slots.
    'engine/sql/functions/sessions/open_times.sql',
    'engine/sql/functions/slots/free_places.sql',
    'engine/sql/functions/waitlist/is_awaited.sql',
    'engine/sql/functions/waitlist/offer_free_places.sql',
    'engine/sql/functions/waitlist/offer_places.sql',
    'engine/sql/functions/waitlist/offer_public_places.sql',
    'engine/sql/functions/waitlist/place_elsewhere.sql',
    'engine/sql/functions/waitlist/with_free_places.sql',
    // How many slots a calendar blocks.
    'engine/src/calendars/create-busy-calendars.ts',
    // Which slots are blocked, for those who ask why.
    'engine/src/calendars/create-closures.ts',
    // bookable-sql.test.ts compares it with claims.
    'engine/src/reads/bookable-sql.ts',
    // slots-after.test.ts compares it with announced_units.
    'engine/src/reads/calendar-reads.ts',
    'engine/src/reads/clinic-stats-reads.ts',
    'engine/src/reads/near-times.ts',
  ])
})

test('the rule of holds is written nowhere else', async () => {
  expect(await filesWith(/hold_expires_at *[<>]/)).toEqual([
    'engine/sql/functions/bookings/hold_lapsed.sql',
    // Looks for the end of the next hold by the index of its times, which the negation would not use.
    'engine/sql/functions/bookings/next_hold_end.sql',
    'engine/src/database/hold-sql.ts',
  ])
})
