import { expect, test } from 'vitest'
import { walkInTimes } from './walk-in-times.ts'

test.each([
  ['Monday, 2026-11-23T07:30:20Z', '07:15', '07:45', '07:45'],
  ['Monday, 2026-11-23T12:10:00Z', '12:00', '12:30', '12:30'],
  ['Monday, 2026-11-23T22:37:41Z', '22:30', '23:00', '23:00'],
  ['Monday, 2026-11-23T22:44:59Z', '22:30', '23:00', '23:00'],
  ['Sunday, 2026-11-29T00:00:10Z', '23:45', '00:15', '00:15'],
])('on %s the session has begun, and all of it is at quarters of an hour', (day, from, to, first) => {
  const now = new Date(day.slice(day.indexOf(' ') + 1))
  const { session, later } = walkInTimes(now)
  const clock = (at: Date) => at.toISOString().slice(11, 16)
  expect([clock(session.startsAt), clock(session.endsAt), clock(later[0]?.startsAt ?? now)]).toEqual([from, to, first])
  expect(session.startsAt.getTime()).toBeLessThan(now.getTime())
  expect(session.endsAt.getTime() - now.getTime()).toBeGreaterThan(5 * 60_000)
  const all = [session, ...later].flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
  expect(all.filter((at) => at.getTime() % 900_000 !== 0)).toEqual([])
})
