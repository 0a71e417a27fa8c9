import { randomUUID } from 'node:crypto'
import { holdSlotLock, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import { aBlock, aCase, aTheatre, type BuiltTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { verify } from '../verify/verify.ts'

const by = { actorId: null, key: null }
const minuteMs = 60_000

/** A case in a block, under way: it has arrived. */
async function aRunningCase(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, room } = scene
  await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(16), capacity: 480 })
  const { id: caseId, blockId } = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  if (blockId === null) throw new Error('The case is in no block.')
  const record = (milestone: Milestone, at: Date | null, isTrial = false) =>
    theatre.recordMilestone({ caseId, milestone, at, isTrial, actorId: null, key: randomUUID() })
  expect(await record('arrived', soonAt(8), true)).toMatchObject({ kind: 'done', case: { status: 'ARRIVED' } })
  return { scene, caseId, blockId, record }
}

async function withdraw({ engine, clinic }: BuiltTheatre, slotId: string) {
  const withdrawal = { which: { slotId }, withBookings: true, dryRun: false, actorId: null }
  return await engine.withdrawSlots({ clinicNo: clinic.no, ...withdrawal })
}

async function detailsOf(database: TestDatabase, { clinic }: BuiltTheatre) {
  return (await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details
}

describe('a milestone that was recorded by mistake, in a block that was withdrawn', () => {
  test('stays, if the case would be CONFIRMED again', async ({ database }) => {
    const { scene, caseId, blockId, record } = await aRunningCase(database)
    await record('in_room', soonAt(9), true)
    await withdraw(scene, blockId)
    expect(await record('in_room', null)).toMatchObject({ kind: 'done', case: { status: 'ARRIVED' } })
    expect(await record('arrived', null)).toEqual({ kind: 'slot_closed', why: 'withdrawn' })
    expect(await scene.theatre.case(caseId)).toMatchObject({
      status: 'ARRIVED',
      milestones: [{ milestone: 'arrived' }],
    })
    expect(await detailsOf(database, scene)).toEqual([])
  })

  test('negative control: unchecked, verify finds a CONFIRMED case in a withdrawn block', async ({ database }) => {
    await plantFunction(database, 'record_milestone', { part: /and v_withdrawn_at is not null/, becomes: 'and false' })
    const { scene, blockId, record } = await aRunningCase(database)
    await withdraw(scene, blockId)
    expect(await record('arrived', null)).toMatchObject({ kind: 'done', case: { status: 'CONFIRMED' } })
    expect(await detailsOf(database, scene)).not.toEqual([])
  })

  test('waits for a withdrawal that is not committed yet', async ({ database }) => {
    const { scene, blockId, record } = await aRunningCase(database)
    const lock = await holdSlotLock(database, { clinicNo: scene.clinic.no, id: blockId })
    const withdrawing = withdraw(scene, blockId)
    await untilLockWaiters(database, 1)
    const removing = record('arrived', null)
    await lock.releaseOnce(2)
    // Whichever is first: the case is not CONFIRMED in a withdrawn block.
    const [{ kind }] = await Promise.all([removing, withdrawing])
    expect(['slot_closed', 'done']).toContain(kind)
    expect(await detailsOf(database, scene)).toEqual([])
  })
})

test('without a withdrawal, a case without milestones is CONFIRMED again', async ({ database }) => {
  const { scene, record } = await aRunningCase(database)
  expect(await record('arrived', null)).toMatchObject({ kind: 'done', case: { status: 'CONFIRMED', milestones: [] } })
  expect(await detailsOf(database, scene)).toEqual([])
})

describe('the time of a milestone', () => {
  /** An hour long, in open time. */
  async function aCaseAt(database: TestDatabase, startsAt: Date) {
    const scene = await aTheatre(database)
    const { id: caseId } = caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt, confirm: true })))
    const record = (milestone: Milestone, at: Date, isTrial = false) =>
      scene.theatre.recordMilestone({ caseId, milestone, at, isTrial, ...by })
    return { scene, caseId, record }
  }
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * minuteMs)

  test('is at most five minutes ahead, and in order', async ({ database }) => {
    const { scene, caseId, record } = await aCaseAt(database, inMinutes(10))
    expect(await record('in_room', inMinutes(7))).toEqual({ kind: 'milestone_late', latest: expect.any(Date) })
    expect(await record('in_room', inMinutes(3))).toMatchObject({ kind: 'done' })
    expect(await record('closure', inMinutes(2))).toMatchObject({ kind: 'milestone_order' })
    expect(await scene.theatre.case(caseId)).toMatchObject({ status: 'ARRIVED' })
  })

  test('is at most 12 hours before the planned start, also where a plan is tried out', async ({ database }) => {
    const { scene, caseId, record } = await aCaseAt(database, soonAt(9))
    const earliest = soonAt(-3)
    for (const isTrial of [false, true]) {
      const refused = await record('arrived', new Date(earliest.getTime() - 1), isTrial)
      expect(refused).toEqual({ kind: 'milestone_early', earliest })
    }
    expect(await scene.theatre.case(caseId)).toMatchObject({ status: 'CONFIRMED', milestones: [] })
    expect(await record('arrived', earliest, true)).toMatchObject({ kind: 'done' })
  })

  test('is at most a day after the later end, and else any where a plan is tried out', async ({ database }) => {
    const { record } = await aCaseAt(database, soonAt(9))
    const latest = soonAt(34)
    expect(await record('in_room', soonAt(9))).toMatchObject({ kind: 'milestone_late' })
    const refused = await record('in_room', new Date(latest.getTime() + 1), true)
    expect(refused).toEqual({ kind: 'milestone_late', latest })
    // Expected to end before the end of its plan, and then long after it.
    expect(await record('in_room', soonAt(7), true)).toMatchObject({ kind: 'done' })
    const early = await record('out_of_room', new Date(latest.getTime() + 1), true)
    expect(early).toEqual({ kind: 'milestone_late', latest })
    expect(await record('in_room', latest, true)).toMatchObject({ kind: 'done' })
    expect(await record('out_of_room', soonAt(58), true)).toMatchObject({ kind: 'done' })
  })
})
