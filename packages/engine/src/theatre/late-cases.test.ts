import { randomUUID } from 'node:crypto'
import { aDoctor, lapseHolds, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import { type Departure, departures } from '../../test/departures.ts'
import { aBlock, aCase, aTheatre, type BuiltTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
import { aTransaction, endHold, slotOf } from '../../test/theatre-transaction.ts'
import type { Case, ClaimCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const by = { actorId: null, key: null }

/** A case until ten that is expected to take half an hour longer, and the next one in its room from ten on. */
async function aLateCase(database: TestDatabase, next: Partial<ClaimCaseRequest> = {}) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const late = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  const following = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(10), confirm: true, ...next })))
  const extend = (key: string = randomUUID()) =>
    theatre.extendCase({ caseId: late.id, expectedEndsAt: soonAt(10, 30), actorId: null, key })
  expect(await extend()).toMatchObject({ kind: 'done', atRiskCaseIds: [following.id] })
  return { scene, late, other, following, extend }
}

describe('a late start puts the next case at risk', () => {
  const minute = 60_000

  /** A case of an hour that should have begun 40 minutes ago, and the next one in its room, in 30 minutes. */
  async function aLateStart(database: TestDatabase, change: Partial<ClaimCaseRequest> = {}) {
    const scene = await aTheatre(database)
    const { theatre, clinic, room } = scene
    const now = Math.floor(Date.now() / minute) * minute
    const first = aCase(scene, { startsAt: new Date(now - 40 * minute), confirm: true, ...change })
    const late = caseOf(await theatre.claimCase(first))
    const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
    const next = aCase(other, { startsAt: new Date(now + 30 * minute), confirm: true })
    const following = caseOf(await theatre.claimCase(next))
    const risks = async () => {
      const range = { from: new Date(now - 86_400_000), to: new Date(now + 86_400_000) }
      const listed = await theatre.cases({ clinicNo: clinic.no, ...range, withEnded: true })
      return listed.filter(({ atRiskBy }) => atRiskBy !== null).map(({ id, atRiskBy }) => [id, atRiskBy])
    }
    const record = async (milestone: 'in_room' | 'out_of_room', minutes: number) => {
      const at = new Date(now + minutes * minute)
      const outcome = await theatre.recordMilestone({ ...by, caseId: late.id, milestone, at, isTrial: false })
      expect(outcome).toMatchObject({ kind: 'done' })
    }
    return { scene, late, following, risks, record }
  }

  test('before it, and once it is recorded, until the end is', async ({ database }) => {
    const { late, following, risks, record } = await aLateStart(database)
    expect(await risks()).toEqual([[following.id, late.id]])
    await record('in_room', 0)
    expect(await risks()).toEqual([[following.id, late.id]])
    await record('out_of_room', 1)
    expect(await risks()).toEqual([])
  })

  test('but not one in time, or a hold', async ({ database }) => {
    const { risks, record } = await aLateStart(database)
    await record('in_room', -40)
    expect(await risks()).toEqual([])
    expect(await (await aLateStart(database, { confirm: false })).risks()).toEqual([])
  })

  test('nor a no-show, or one that was completed without milestones', async ({ database }) => {
    for (const actions of [['no_show'], ['arrive', 'complete']] as const) {
      const { scene, late, risks } = await aLateStart(database)
      for (const action of actions) {
        const change = { bookingId: late.id, action, actorId: null, key: randomUUID(), onBehalf: true, reason: null }
        expect(await scene.engine.settle(change)).toMatchObject({ kind: 'done' })
      }
      expect(await risks()).toEqual([])
    }
  })
})

function roomUntil({ allocations }: Case): Date | undefined {
  return allocations.find(({ kind }) => kind === 'room')?.to
}

async function expectWell(database: TestDatabase, { clinic }: BuiltTheatre): Promise<void> {
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
}

type Late = Awaited<ReturnType<typeof aLateCase>>

const withdrawn: Departure = {
  async leave({ scene: { engine, clinic }, leaving }, database) {
    const { id: slotId } = await slotOf(database, leaving)
    const withdrawal = { which: { slotId }, withBookings: true, dryRun: false, actorId: null }
    return await engine.withdrawSlots({ clinicNo: clinic.no, ...withdrawal })
  },
}

describe('a late case takes its room as long as expected, when it is extended again after the next one', () => {
  const named = Object.entries({ ...departures, 'was withdrawn with its time': withdrawn })
  test.for(named)('%s', async ([, departure], { database }) => {
    const isWithdrawn = departure === withdrawn
    const built = await (isWithdrawn ? aLateCaseBeforeABlock(database) : aLateCase(database, departure.claim))
    const { scene, late, other, following, extend } = built
    if (isWithdrawn) expect((await slotOf(database, following)).id).not.toBe((await slotOf(database, late)).id)
    expect(roomUntil(caseOf(await extend()))).toEqual(soonAt(10))
    const left = await departure.leave({ scene, other, leaving: following }, database)
    expect(left.kind).toBe(isWithdrawn ? 'withdrawn' : 'done')
    const extended = await extend()
    expect(extended).toMatchObject({ kind: 'done', atRiskCaseIds: [] })
    expect(roomUntil(caseOf(extended))).toEqual(soonAt(10, 30))
    const inItsWay = { ...other, surgeon: await aDoctor(database, scene.clinic) }
    expect(await scene.theatre.claimCase(aCase(inItsWay, { startsAt: soonAt(10, 15) }))).toMatchObject({
      kind: 'refused',
      conflicts: [{ role: 'room', caseId: late.id }],
    })
    expect(await extend()).toMatchObject({ kind: 'unchanged' })
    await expectWell(database, scene)
  })

  /** The next case is in a separate block. */
  async function aLateCaseBeforeABlock(database: TestDatabase): Promise<Late> {
    const scene = await aTheatre(database)
    const { theatre, clinic, room } = scene
    await aBlock(theatre, room, { startsAt: soonAt(10), endsAt: soonAt(12), capacity: 120 })
    const late = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
    const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
    const following = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(10), confirm: true })))
    const extend = (key: string = randomUUID()) =>
      theatre.extendCase({ caseId: late.id, expectedEndsAt: soonAt(10, 30), actorId: null, key })
    await extend()
    return { scene, late, other, following, extend }
  }
})

test('an extension repeated under its key changes nothing, also once the room is free', async ({ database }) => {
  const { scene, late, following } = await aLateCase(database)
  const request = { caseId: late.id, expectedEndsAt: soonAt(10, 20), actorId: null, key: randomUUID() }
  expect(await scene.theatre.extendCase(request)).toMatchObject({ kind: 'done' })
  await scene.theatre.cancelCase({ ...by, caseId: following.id, reasonCode: 'patient' })
  const repeated = await scene.theatre.extendCase(request)
  expect(repeated).toMatchObject({ kind: 'unchanged' })
  expect(roomUntil(caseOf(repeated))).toEqual(soonAt(10))
})

test('a milestone of a late case takes what has become free, too', async ({ database }) => {
  const { scene, late, following } = await aLateCase(database)
  const { theatre } = scene
  await theatre.cancelCase({ ...by, caseId: following.id, reasonCode: 'patient' })
  const inRoom = { ...by, caseId: late.id, milestone: 'in_room', at: soonAt(9), isTrial: true } as const
  expect(roomUntil(caseOf(await theatre.recordMilestone(inRoom)))).toEqual(soonAt(10, 30))
  await expectWell(database, scene)
})

test('a hold that was confirmed in time, which is not committed yet, keeps the room', async ({ database }) => {
  const { scene, following, extend } = await aLateCase(database, { confirm: false })
  await endHold(database, following, 2)
  const other = await aTransaction(database)
  await other.theatre.confirmCase({ ...by, caseId: following.id })
  await other.client.query("select pg_sleep_until(clock_timestamp() + interval '2 seconds')")
  const extending = extend()
  await untilLockWaiters(database, 1)
  await other.commit()
  expect(await extending).toMatchObject({ kind: 'unchanged' })
  expect(await scene.theatre.case(following.id)).toMatchObject({ status: 'CONFIRMED', allocations: { length: 3 } })
  await expectWell(database, scene)
})

test('a hold that has lapsed puts no case at risk', async ({ database, scene }) => {
  const { theatre, clinic, room } = scene
  const early = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const leave = (at: Date | null) => {
    const milestone = { milestone: 'out_of_room', at, isTrial: true } as const
    return theatre.recordMilestone({ caseId: early.id, ...milestone, actorId: null, key: randomUUID() })
  }
  await leave(soonAt(7))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  const held = caseOf(await theatre.claimCase(aCase(other, { confirm: false })))
  // Its end was a mistake.
  await leave(null)
  const risk = async () => {
    const listed = await theatre.cases({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: true })
    return listed.find(({ id }) => id === early.id)?.atRiskBy
  }
  expect(await risk()).toBe(held.id)
  await lapseHolds(database, await slotOf(database, held))
  expect(await risk()).toBeNull()
})
