import type { TestDatabase } from '@holdfast/testkit'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import { aCase, aTheatre, type BuiltTheatre, caseOf, soonAt, test } from '../../test/theatre.ts'

// A case that runs over midnight belongs to both days. "Midnight" is any time here: the days of a list are instants.

const minuteMs = 60_000
const fromNow = (minutes: number) => new Date(Math.round(Date.now() / minuteMs + minutes) * minuteMs)
const midnight = fromNow(0)
const ago = (minutes: number) => new Date(midnight.getTime() - minutes * minuteMs)

/** Which of the two days have the case: that which ends at `at`, and that which begins then. */
async function daysOf({ theatre, clinic }: BuiltTheatre, id: string, at: Date, withEnded = false) {
  const dayMs = 1_440 * minuteMs
  const days = [
    { from: new Date(at.getTime() - dayMs), to: at },
    { from: at, to: new Date(at.getTime() + dayMs) },
  ]
  const lists = await Promise.all(days.map((day) => theatre.cases({ clinicNo: clinic.no, withEnded, ...day })))
  return lists.map((cases) => cases.some((one) => one.id === id))
}

async function record({ theatre }: BuiltTheatre, caseId: string, milestones: [Milestone, Date][]) {
  for (const [milestone, at] of milestones) {
    const recorded = await theatre.recordMilestone({ caseId, milestone, at, isTrial: false, actorId: null, key: null })
    expect(recorded.kind).toBe('done')
  }
}

/** A case that was planned to be over two hours before midnight, an hour after its start. */
async function anEveningCase(database: TestDatabase, { confirm = true, startsAt = ago(180) } = {}) {
  const scene = await aTheatre(database)
  const { id } = caseOf(await scene.theatre.claimCase(aCase(scene, { confirm })))
  // Nobody books a case in the past.
  await database.ownerPool.query(
    `update holdfast.theatre_case set starts_at = $2, ends_at = $3, expected_ends_at = $3 where booking_id = $1`,
    [id, startsAt, new Date(startsAt.getTime() + 60 * minuteMs)],
  )
  return { scene, id }
}

test('a case over midnight is in the lists of both days, and one planned up to it in one', async ({ scene }) => {
  const booked = async (startsAt: Date) =>
    caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt, confirm: true }))).id
  const [over, upTo] = [await booked(soonAt(23, 30)), await booked(soonAt(22, 0))]
  expect(await daysOf(scene, over, soonAt(24))).toEqual([true, true])
  expect(await daysOf(scene, upTo, soonAt(23))).toEqual([true, false])
})

test('a case that was extended past midnight is in the lists of both days', async ({ scene }) => {
  const { id } = caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(22), confirm: true })))
  expect(await daysOf(scene, id, soonAt(24))).toEqual([true, false])
  await scene.theatre.extendCase({ caseId: id, expectedEndsAt: soonAt(24, 30), actorId: null, key: null })
  expect(await daysOf(scene, id, soonAt(24))).toEqual([true, true])
})

test('a case planned after midnight belongs to the day before, too, if it began then', async ({ scene }) => {
  const startsAt = fromNow(180)
  const { id } = caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt, confirm: true })))
  expect(await daysOf(scene, id, fromNow(60))).toEqual([false, true])
  await record(scene, id, [['in_room', ago(10)]])
  expect(await daysOf(scene, id, fromNow(60))).toEqual([true, true])
  expect(await daysOf(scene, id, ago(20))).toEqual([false, true])
})

describe('a case planned before midnight', () => {
  test('whose patient is in the room belongs to both days', async ({ database }) => {
    const { scene, id } = await anEveningCase(database)
    await record(scene, id, [['in_room', ago(30)]])
    expect(await daysOf(scene, id, ago(1))).toEqual([true, true])
  })

  test('whose patient is in the room is in both days if it will run over midnight', async ({ database }) => {
    const { scene, id } = await anEveningCase(database)
    await record(scene, id, [['in_room', ago(30)]])
    expect(await daysOf(scene, id, fromNow(10))).toEqual([true, true])
    expect(await daysOf(scene, id, fromNow(31))).toEqual([true, false])
  })

  test.for([
    { name: 'after midnight', at: ago(1), days: [true, true] },
    { name: 'before midnight', at: ago(40), days: [true, false] },
  ])('whose patient left the room $name', async ({ at, days }, { database }) => {
    const { scene, id } = await anEveningCase(database)
    await record(scene, id, [
      ['in_room', ago(60)],
      ['out_of_room', at],
    ])
    expect(await daysOf(scene, id, ago(20))).toEqual(days)
  })

  test('that is late will run over midnight, and belongs to both days', async ({ database }) => {
    const { scene, id } = await anEveningCase(database)
    expect(await daysOf(scene, id, fromNow(30))).toEqual([true, true])
    // It takes an hour.
    expect(await daysOf(scene, id, fromNow(70))).toEqual([true, false])
  })

  test('that nobody has begun for 12 hours belongs to its day only', async ({ database }) => {
    const { scene, id } = await anEveningCase(database, { startsAt: ago(13 * 60) })
    expect(await daysOf(scene, id, ago(1))).toEqual([true, false])
  })

  test('that was cancelled, or was only held, belongs to its day only', async ({ database }) => {
    const { scene, id } = await anEveningCase(database)
    await scene.theatre.cancelCase({ caseId: id, reasonCode: 'patient', actorId: null, key: null })
    expect(await daysOf(scene, id, ago(1), true)).toEqual([true, false])
    const held = await anEveningCase(database, { confirm: false })
    expect(await daysOf(held.scene, held.id, ago(1))).toEqual([true, false])
  })
})
