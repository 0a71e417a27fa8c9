import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'

const everyDay = (from: string, to: string) => [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from, to }))

/** When a room with these hours is open between two instants of UTC, as texts of hours in UTC. */
async function open(pool: pg.Pool, hours: object, timezone: string, from: string, to: string): Promise<string[]> {
  const { rows } = await pool.query<{ low: Date; high: Date }>(
    `select lower(r) as low, upper(r) as high
       from unnest(holdfast.open_hours($1, $2, $3, $4) * tstzmultirange(tstzrange($3, $4))) r order by 1`,
    [JSON.stringify(hours), timezone, from, to],
  )
  return rows.map(({ low, high }) => `${low.toISOString().slice(0, 16)} ${high.toISOString().slice(0, 16)}`)
}

// Computed by hand from the zones' offsets.
test.for([
  ['UTC', '2027-01-13', ['2027-01-13T08:00 2027-01-13T17:00']],
  ['Europe/Berlin', '2027-01-13', ['2027-01-13T07:00 2027-01-13T16:00']],
  ['Europe/Berlin', '2027-07-13', ['2027-07-13T06:00 2027-07-13T15:00']],
  // The clocks go forward that night, and back that night.
  ['Europe/Berlin', '2027-03-28', ['2027-03-28T06:00 2027-03-28T15:00']],
  ['Europe/Berlin', '2027-10-31', ['2027-10-31T07:00 2027-10-31T16:00']],
  ['America/New_York', '2027-01-13', ['2027-01-13T13:00 2027-01-13T22:00']],
  ['America/New_York', '2027-03-14', ['2027-03-14T12:00 2027-03-14T21:00']],
  ['Asia/Kathmandu', '2027-01-13', ['2027-01-13T02:15 2027-01-13T11:15']],
  ['Asia/Tokyo', '2027-01-13', ['2027-01-13T00:00 2027-01-13T08:00', '2027-01-13T23:00 2027-01-14T00:00']],
  ['Pacific/Kiritimati', '2027-01-13', ['2027-01-13T00:00 2027-01-13T03:00', '2027-01-13T18:00 2027-01-14T00:00']],
  ['Pacific/Pago_Pago', '2027-01-13', ['2027-01-13T00:00 2027-01-13T04:00', '2027-01-13T19:00 2027-01-14T00:00']],
] as const)('a room that is open from 8 to 17 in %s, on UTC %s', async ([timezone, day, expected], { database }) => {
  const next = new Date(Date.parse(day) + 86_400_000).toISOString()
  expect(await open(database.ownerPool, everyDay('08:00', '17:00'), timezone, day, next)).toEqual(expected)
})

test('weekdays are local ones, and hours that meet at midnight are one', async ({ database }) => {
  // Monday, 4 January 2027, in Auckland (13 hours ahead).
  const monday = [{ weekday: 1, from: '08:00', to: '17:00' }]
  expect(await open(database.ownerPool, monday, 'Pacific/Auckland', '2027-01-01', '2027-01-08')).toEqual([
    '2027-01-03T19:00 2027-01-04T04:00',
  ])
  const night = [
    { weekday: 1, from: '20:00', to: '24:00' },
    { weekday: 2, from: '00:00', to: '06:00' },
  ]
  expect(await open(database.ownerPool, night, 'America/New_York', '2027-01-01', '2027-01-08')).toEqual([
    '2027-01-05T01:00 2027-01-05T11:00',
  ])
})
