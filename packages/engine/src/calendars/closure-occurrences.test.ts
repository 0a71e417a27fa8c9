import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'

type Days = { from: string; to: string; yearly?: boolean; zone: string; within?: [string, string] }

/** The occurrences as instants, `start/end`, by default of the years 2026 and 2027. */
async function occurrencesOf(
  { ownerPool }: TestDatabase,
  { from, to, yearly = false, zone, within = ['2026-01-01', '2028-01-01'] }: Days,
): Promise<string[]> {
  const { rows } = await ownerPool.query<{ start: Date; end: Date }>(
    `select lower(o) as start, upper(o) as end
       from holdfast.closure_occurrences($1::timestamp, $2::timestamp, $3, $4, $5::timestamptz, $6::timestamptz) o`,
    [from, to, yearly, zone, `${within[0]}T00:00Z`, `${within[1]}T00:00Z`],
  )
  return rows.map(({ start, end }) => `${start.toISOString().slice(0, 16)}/${end.toISOString().slice(0, 16)}`)
}

test.for([
  ['an ordinary one', 'Europe/Berlin', '2026-12-24', '2026-12-25', '2026-12-23T23:00/2026-12-24T23:00'],
  ['one of 23 hours', 'Europe/Berlin', '2026-03-29', '2026-03-30', '2026-03-28T23:00/2026-03-29T22:00'],
  ['one of 25 hours', 'Europe/Berlin', '2026-10-25', '2026-10-26', '2026-10-24T22:00/2026-10-25T23:00'],
  ['one without a midnight', 'Africa/Cairo', '2026-04-24', '2026-04-25', '2026-04-23T22:00/2026-04-24T21:00'],
  ['the one before it', 'Africa/Cairo', '2026-04-23', '2026-04-24', '2026-04-22T22:00/2026-04-23T22:00'],
  ['one with two midnights', 'America/Havana', '2026-11-01', '2026-11-02', '2026-11-01T04:00/2026-11-02T05:00'],
] as const)('a whole day, %s, is all of it and nothing else', async ([, zone, from, to, expected], { database }) => {
  expect(await occurrencesOf(database, { from, to, zone })).toEqual([expected])
})

test('negative control: PostgreSQL’s own conversion begins a day with two midnights an hour late', async () => {
  const database = await anotherDatabase()
  await plantFunction(database, 'closure_occurrences', {
    part: /holdfast\.first_instant\(l\.starts_at, ([\w.]+)\)/,
    becomes: '(l.starts_at at time zone $1)',
  })
  const day = { from: '2026-11-01', to: '2026-11-02', zone: 'America/Havana' }
  expect(await occurrencesOf(database, day)).toEqual(['2026-11-01T05:00/2026-11-02T05:00'])
})

test('part of a day follows the clocks: an hour that is there twice, none that is missing', async ({ database }) => {
  const zone = 'Europe/Berlin'
  const twice = { from: '2026-10-25T02:00', to: '2026-10-25T02:30', zone }
  expect(await occurrencesOf(database, twice)).toEqual(['2026-10-25T00:00/2026-10-25T01:30'])
  const half = { from: '2026-03-29T02:30', to: '2026-03-29T03:00', zone }
  expect(await occurrencesOf(database, half)).toEqual([])
  // The clocks skip from midnight to one.
  const skipped = { from: '2026-04-24T00:30', to: '2026-04-24T01:30', zone: 'Africa/Cairo' }
  expect(await occurrencesOf(database, skipped)).toEqual(['2026-04-23T22:00/2026-04-23T22:30'])
  const overMidnight = { from: '2026-12-24T22:00', to: '2026-12-25T02:00', zone }
  expect(await occurrencesOf(database, overMidnight)).toEqual(['2026-12-24T21:00/2026-12-25T01:00'])
})

test('a yearly day is the same date of each year, from its first one on', async ({ database }) => {
  const christmas = { from: '2026-12-25', to: '2026-12-26', yearly: true, zone: 'Europe/Berlin' }
  expect(await occurrencesOf(database, { ...christmas, within: ['2020-01-01', '2029-01-01'] })).toEqual([
    '2026-12-24T23:00/2026-12-25T23:00',
    '2027-12-24T23:00/2027-12-25T23:00',
    '2028-12-24T23:00/2028-12-25T23:00',
  ])
  // The local year begins earlier, or later, than that of UTC.
  const newYear = { from: '2020-01-01', to: '2020-01-02', yearly: true, zone: 'Pacific/Auckland' }
  expect(await occurrencesOf(database, { ...newYear, within: ['2026-12-31', '2026-12-31'] })).toEqual([])
  expect(await occurrencesOf(database, { ...newYear, within: ['2026-12-31', '2027-01-01'] })).toEqual([
    '2026-12-31T11:00/2027-01-01T11:00',
  ])
  const lastDay = { from: '2020-12-31', to: '2021-01-01', yearly: true, zone: 'Pacific/Honolulu' }
  expect(await occurrencesOf(database, { ...lastDay, within: ['2027-01-01', '2027-01-02'] })).toEqual([
    '2026-12-31T10:00/2027-01-01T10:00',
  ])
})

test('a yearly 29 February is closed in leap years alone', async ({ database }) => {
  const leapDay = { from: '2024-02-29', to: '2024-03-01', yearly: true, zone: 'UTC' }
  expect(await occurrencesOf(database, { ...leapDay, within: ['2024-01-01', '2033-01-01'] })).toEqual([
    '2024-02-29T00:00/2024-03-01T00:00',
    '2028-02-29T00:00/2028-03-01T00:00',
    '2032-02-29T00:00/2032-03-01T00:00',
  ])
  const dayBefore = { from: '2024-02-28', to: '2024-02-29', yearly: true, zone: 'UTC' }
  expect(await occurrencesOf(database, { ...dayBefore, within: ['2024-01-01', '2026-01-01'] })).toEqual([
    '2024-02-28T00:00/2024-02-29T00:00',
    '2025-02-28T00:00/2025-03-01T00:00',
  ])
})

test('a look-up of closures has no call of a function for each of them', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ 'QUERY PLAN': string }>(`
    explain (verbose, costs off)
     select o.during from holdfast.closure k
      cross join lateral holdfast.closure_occurrences(k.starts_at, k.ends_at, k.yearly, 'UTC', now(), now()) o(during)`)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain('generate_series')
  expect(plan).not.toMatch(/closure_occurrences\(|first_instant\(/)
})
