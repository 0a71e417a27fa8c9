import { aDoctor, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aCase, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'

/** Two cases in one room with a turnover of ten minutes, and what follows the second one at once. */
async function aList(database: TestDatabase, minutes: readonly [number, number], secondAt: Date) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  await theatre.updateRoom(room, { turnoverMinutes: 10 })
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  const claim = async (startsAt: Date, length: number, of: Parameters<typeof aCase>[0]) =>
    caseOf(await theatre.claimCase(aCase(of, { startsAt, minutes: length, confirm: true })))
  const one = await claim(soonAt(8), minutes[0], scene)
  const two = await claim(secondAt, minutes[1], other)
  await claim(new Date(two.endsAt.getTime() + 10 * 60_000), 60, scene)
  return {
    one,
    two,
    swap: (caseId: string, otherCaseId: string) =>
      theatre.swapCases({ actorId: null, key: null, caseId, otherCaseId, override: null }),
    move: (caseId: string, startsAt: Date) =>
      theatre.moveCase({ actorId: null, key: null, caseId, change: { startsAt }, override: null }),
  }
}

test.for([
  [60, 90],
  [90, 60],
] as const)('cases of %i and %i minutes back to back are put in the other order', async (minutes, { database }) => {
  const { one, two, swap } = await aList(database, minutes, soonAt(8, minutes[0] + 10))
  const later = new Date(two.endsAt.getTime() - minutes[0] * 60_000)
  expect(await swap(one.id, two.id)).toMatchObject({
    kind: 'done',
    cases: [
      { id: one.id, startsAt: later, minutes: minutes[0] },
      { id: two.id, startsAt: soonAt(8), minutes: minutes[1] },
    ],
  })
  // And back, whichever is named first.
  expect(await swap(one.id, two.id)).toMatchObject({
    kind: 'done',
    cases: [
      { id: one.id, startsAt: one.startsAt },
      { id: two.id, startsAt: two.startsAt },
    ],
  })
})

test('cases with time between them get each other’s start', async ({ database }) => {
  const { one, two, swap } = await aList(database, [90, 60], soonAt(13))
  expect(await swap(two.id, one.id)).toMatchObject({
    kind: 'refused',
    conflicts: expect.arrayContaining([expect.objectContaining({ ofCaseId: one.id })]),
  })
  const { one: short, two: long, swap: fitting } = await aList(database, [60, 90], soonAt(13))
  expect(await fitting(long.id, short.id)).toMatchObject({
    kind: 'done',
    cases: [
      { id: long.id, startsAt: soonAt(8) },
      { id: short.id, startsAt: soonAt(13) },
    ],
  })
})

test('cases of which the later is too long for the time between their starts are swapped back', async ({
  database,
}) => {
  const { one, two, swap } = await aList(database, [60, 90], soonAt(9, 35))
  const starts = async () => {
    const outcome = await swap(two.id, one.id)
    if (!('cases' in outcome)) throw new Error(outcome.kind)
    return outcome.cases.map(({ startsAt }) => startsAt)
  }
  expect(await starts()).toEqual([soonAt(8), soonAt(10, 5)])
  expect(await starts()).toEqual([two.startsAt, one.startsAt])
  expect(await starts()).toEqual([soonAt(8), soonAt(10, 5)])
})

test('a case that was moved since the swap is swapped from where it is', async ({ database }) => {
  const { one, two, swap, move } = await aList(database, [60, 90], soonAt(9, 35))
  await swap(one.id, two.id)
  expect(await move(one.id, soonAt(9, 40))).toMatchObject({ kind: 'done' })
  expect(await swap(one.id, two.id)).toMatchObject({
    cases: [
      { id: one.id, startsAt: soonAt(8) },
      { id: two.id, startsAt: soonAt(9, 10) },
    ],
  })
})
