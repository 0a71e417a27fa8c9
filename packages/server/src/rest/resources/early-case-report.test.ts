import { expect } from 'vitest'
import { test, theatreDay, theatreTime } from '../../../test/theatre-scene.ts'

test('a case begun on the evening before a week is counted once, on its planned day', async ({ rest, theatre }) => {
  const { path, admin } = theatre
  // Reports read a week at a time, from their first day on.
  const { id: caseId } = (await theatre.book({ startsAt: theatreTime('01:00', 7), confirm: true })).body
  for (const [milestone, time] of [
    ['in_room', '22:00'],
    ['out_of_room', '22:50'],
  ] as const) {
    const body = { milestone, at: theatreTime(time, 6), trial: true }
    expect((await rest.call('recordMilestone', { path: { caseId }, as: admin, body })).status).toBe(200)
  }
  const dayOf = (days: number) => Temporal.PlainDate.from(theatreDay).add({ days }).toString()
  const casesOf = async (from: number, to: number) => {
    const query = { from: dayOf(from), to: dayOf(to) }
    return (await rest.call('getTheatreReport', { path, as: admin, query })).body.total.cases
  }
  expect([await casesOf(0, 7), await casesOf(0, 6), await casesOf(7, 7)]).toEqual([1, 0, 1])
})
