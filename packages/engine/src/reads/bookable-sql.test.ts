import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { bookableTime } from '@holdfast/vocabulary'
import sql, { type Sql } from 'sql-template-tag'
import { expect } from 'vitest'
import { isBookableByDesk, isBookableTime } from './bookable-sql.ts'

// isBookableTime and isBookableByDesk are the rules of claim_verdict.sql as conditions that an index can be searched
// by, and bookableTime is that for the server's memory and the site. These tests try them on every combination of a
// slot and a clinic here, with starts on each side of each limit and exactly at it.

type Compared = { starts: string; notice: number; horizon: number; withdrawn: boolean; listed: boolean; claim: string }

const verdict = (byDesk: boolean) => sql`coalesce(holdfast.claim_verdict(
  statement_timestamp(), null, null, null, s.id, s.withdrawn_at, s.blocked_at, s.starts_at,
  s.ends_at, ${byDesk}::boolean, 'doctor', true,
  make_interval(mins => c.minimum_notice_minutes), make_interval(days => c.booking_horizon_days),
  'in_person', '{in_person}', 1, 1, 0, null), 'bookable')`

async function compared(database: TestDatabase, rule: Sql = isBookableTime, byDesk = false): Promise<Compared[]> {
  const { rows } = await database.ownerPool.query<Compared>(sql`
    select offset_text as starts, c.minimum_notice_minutes as notice, c.booking_horizon_days as horizon,
           s.withdrawn_at is not null as withdrawn, ${rule} as listed, ${verdict(byDesk)} as claim
      from (values (0, 30), (60, 30), (2880, 1), (0, 0)) c(minimum_notice_minutes, booking_horizon_days),
           unnest('{-1 day,-1 hour,0,1 hour,1 day,2 days,30 days}'::text[]) around,
           unnest('{-1 microsecond,0,1 microsecond}'::text[]) beside,
           lateral (select around || ' ' || beside as offset_text) o,
           unnest(array[null, statement_timestamp()]) withdrawn,
           unnest(array[null, statement_timestamp()]) blocked,
           lateral (select gen_random_uuid() as id, null::uuid as session_id, withdrawn as withdrawn_at,
                           blocked as blocked_at,
                           statement_timestamp() + around::interval + beside::interval as starts_at) q,
           lateral (select q.*, q.starts_at + '1 hour'::interval as ends_at) s`)
  return rows
}

const differing = (rows: Compared[]) => rows.filter(({ listed, claim }) => listed !== (claim === 'bookable'))

test('a slot is listed as bookable exactly if a claim may book it', async ({ database }) => {
  const rows = await compared(database)
  expect(rows).toHaveLength(4 * 7 * 3 * 2 * 2)
  expect(differing(rows)).toEqual([])
  // Each limit was reached from both sides.
  expect(new Set(rows.map(({ claim }) => claim))).toEqual(
    new Set([
      'bookable',
      'slot_closed:withdrawn',
      'slot_closed:started',
      'slot_closed:doctor_busy',
      'slot_closed:minimum_notice',
      'slot_closed:booking_horizon',
    ]),
  )
})

/** The verdicts on a slot, by the milliseconds of its start from now, and the rules of its clinic. */
async function verdictsOf(database: TestDatabase) {
  const { rows } = await database.ownerPool.query<{
    start: number
    notice: number
    horizon: number
    claim: string
  }>(sql`
    select start, notice, horizon, coalesce(holdfast.claim_verdict(
             now(), null, null, null, gen_random_uuid(), null, null, now() + start * interval '1 ms',
             now() + (start + 3600000) * interval '1 ms', false, 'doctor', true, make_interval(mins => notice),
             make_interval(days => horizon), 'in_person', '{in_person}', 1, 1, 0, null), 'bookable') as claim
      from (values (0, 30), (60, 30), (2880, 1), (0, 1)) c(notice, horizon),
           lateral unnest(array[-86400000, 0, notice * 60000, horizon::bigint * 86400000]) around,
           unnest('{-1,0,1}'::integer[]) beside,
           lateral (select around + beside as start) s`)
  return rows
}

const differingTimes = (rows: Awaited<ReturnType<typeof verdictsOf>>) =>
  rows.filter(({ start, notice: minimumNoticeMinutes, horizon: bookingHorizonDays, claim }) => {
    const { fromMs, untilMs } = bookableTime(Number(start), { minimumNoticeMinutes, bookingHorizonDays })
    return (fromMs <= 0 && 0 < untilMs) !== (claim === 'bookable')
  })

test('a time is bookable in memory and on the site exactly if a claim may book it', async ({ database }) => {
  const rows = await verdictsOf(database)
  expect(differingTimes(rows)).toEqual([])
  expect(new Set(rows.map(({ claim }) => claim))).toEqual(
    new Set(['bookable', 'slot_closed:started', 'slot_closed:minimum_notice', 'slot_closed:booking_horizon']),
  )
})

test('a slot is an alternative for the desk exactly if the desk may book it', async ({ database }) => {
  const rows = await compared(database, isBookableByDesk, true)
  expect(differing(rows)).toEqual([])
  expect(new Set(rows.map(({ claim }) => claim))).toEqual(
    new Set(['bookable', 'slot_closed:withdrawn', 'slot_closed:ended', 'slot_closed:doctor_busy']),
  )
})

test.for([
  ['the withdrawal', 'claim_closed', 'p_withdrawn_at IS NOT NULL', 'false'],
  ['busy times', 'claim_closed', 'p_blocked_at IS NOT NULL', 'false'],
  ['the start', 'claim_closed', '(p_starts_at <= p_at)', '(p_starts_at < p_at)'],
  [
    'the minimum notice',
    'claim_verdict',
    'p_starts_at < (p_now + p_minimum_notice)',
    'p_starts_at <= (p_now + p_minimum_notice)',
  ],
  [
    'the booking horizon',
    'claim_verdict',
    'p_starts_at > (p_now + p_booking_horizon)',
    'p_starts_at >= (p_now + p_booking_horizon)',
  ],
] as const)('negative control: another rule for %s in claims is detected', async ([what, name, part, becomes]) => {
  const planted = await anotherDatabase()
  await plantFunction(planted, name, { part, becomes })
  expect(differing(await compared(planted))).not.toEqual([])
  if (!['the withdrawal', 'busy times'].includes(what)) {
    expect(differingTimes(await verdictsOf(planted))).not.toEqual([])
  }
})
