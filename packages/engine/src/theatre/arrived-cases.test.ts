import { randomUUID } from 'node:crypto'
import { aDoctor, holdSlotLock, plantFunction, type TestDatabase, takenOf, untilLockWaiters } from '@holdfast/testkit'
import type { Milestone } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import {
  aBlock,
  aCase,
  aRoom,
  aTheatre,
  type BuiltTheatre,
  freshTest as base,
  caseOf,
  soonAt,
} from '../../test/theatre.ts'
import { verify } from '../verify/verify.ts'

const test = base.extend('arrived', ({ database }) => anArrivedCase(database))

const by = { actorId: null, key: null }

/** A case from nine to ten, in a block until four, whose patient has arrived; and a later one of another room. */
async function anArrivedCase(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room, robot } = scene
  await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(16), capacity: 480 })
  const plan = aCase(scene, { confirm: true, equipment: [{ equipmentId: robot, units: 1 }] })
  const { id: caseId, blockId } = caseOf(await theatre.claimCase(plan))
  if (blockId === null) throw new Error('The case is in no block.')
  const record = (milestone: Milestone, at: Date | null) =>
    theatre.recordMilestone({ caseId, milestone, at, isTrial: true, actorId: null, key: randomUUID() })
  expect(await record('arrived', soonAt(8))).toMatchObject({ kind: 'done', case: { status: 'ARRIVED' } })
  const other = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  const later = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(15), confirm: true })))
  return { scene, plan, caseId, block: { clinicNo: clinic.no, id: blockId }, record, other, later }
}

type Arrived = Awaited<ReturnType<typeof anArrivedCase>>

const cancel = ({ scene: { theatre }, caseId }: Arrived) =>
  theatre.cancelCase({ ...by, caseId, reasonCode: 'patient_unfit' })

const move = ({ scene: { theatre }, caseId }: Arrived) =>
  theatre.moveCase({ ...by, caseId, change: { startsAt: soonAt(13) }, override: null })

const swap = ({ scene: { theatre }, caseId, later }: Arrived) =>
  theatre.swapCases({ ...by, caseId, otherCaseId: later.id, override: null })

/** For an emergency in its place. */
async function bump({ scene, caseId }: Arrived) {
  const emergency = aCase(scene, { urgency: 'immediate', confirm: true })
  return await scene.theatre.bumpCases({ emergency, bumpedCaseIds: [caseId], reason: 'Bleeding' })
}

const changes = { cancelled: cancel, moved: move, swapped: swap, bumped: bump }

async function expectWell(database: TestDatabase, { clinic }: BuiltTheatre): Promise<void> {
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
}

describe('a case whose patient has arrived, and is not in the room yet', () => {
  test('does not stand in its own way within a full block', async ({ database, scene }) => {
    const { theatre, room, clinic } = scene
    await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(12), capacity: 120 })
    const plan = aCase(scene, { confirm: true, urgency: 'immediate' })
    const { id: caseId, blockId } = caseOf(await theatre.claimCase(plan))
    const other = { ...scene, surgeon: await aDoctor(database, clinic) }
    const beside = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(11), confirm: true })))
    const arrival = { caseId, milestone: 'arrived', at: soonAt(8), isTrial: true, actorId: null } as const
    expect(await theatre.recordMilestone({ ...arrival, key: randomUUID() })).toMatchObject({ kind: 'done' })
    const day = soonAt(9).toISOString().slice(0, 10)
    const { minutes, patient, service } = plan
    const wanted = { minutes, service, mrn: patient.mrn, surgeonId: scene.surgeon.id, urgency: 'immediate' } as const
    const team = { anaesthetistId: null, staffIds: [], equipment: [] }
    const where = { clinicNo: clinic.no, roomIds: [room], blockId, from: day, to: day, exceptCaseId: caseId }
    const found = await theatre.suggest({ ...wanted, ...team, ...where, limit: 1, stepMinutes: 60 })
    expect(found).toMatchObject({ suggestions: [{ startsAt: soonAt(8) }] })
    // Nor is another case bumped for minutes that it has itself.
    const emergency = { ...by, caseId, change: { startsAt: soonAt(8) }, override: null }
    expect(await theatre.bumpCases({ emergency, bumpedCaseIds: [beside.id], reason: 'Bleeding' })).toMatchObject({
      kind: 'bump_refused',
    })
    await expectWell(database, scene)
  })

  test('is cancelled, and gives back all that it took', async ({ database, arrived }) => {
    const { scene, plan, caseId, block } = arrived
    const { theatre } = scene
    expect(await takenOf(database, block)).toEqual([60])
    expect(await theatre.cancelCase({ ...by, caseId, reasonCode: 'patient', onlyHold: true })).toMatchObject({
      kind: 'invalid_transition',
      case: { status: 'ARRIVED' },
    })
    const cancelled = { status: 'CANCELLED', cancellationReason: 'patient_unfit', failureReason: null, allocations: [] }
    const milestones = [{ milestone: 'arrived', at: soonAt(8) }]
    expect(await cancel(arrived)).toMatchObject({ kind: 'done', case: { ...cancelled, milestones } })
    expect(await cancel(arrived)).toMatchObject({ kind: 'unchanged', case: cancelled })
    expect(await takenOf(database, block)).toEqual([0])
    expect(await arrived.record('in_room', soonAt(9))).toMatchObject({ kind: 'invalid_transition' })
    // Its room, surgeon, patient and robot.
    const again = { ...plan, ...by, caseId: aCase(scene).caseId, key: randomUUID(), requestHash: randomUUID() }
    expect(await theatre.claimCase(again)).toMatchObject({ kind: 'booked' })
    await expectWell(database, scene)
  })

  test('is moved, stays arrived, and gives back its former time', async ({ database, arrived }) => {
    const { scene, caseId, block, record, other } = arrived
    const { theatre } = scene
    expect(await move(arrived)).toMatchObject({
      kind: 'done',
      case: { status: 'ARRIVED', startsAt: soonAt(13), milestones: [{ milestone: 'arrived' }] },
    })
    expect(await takenOf(database, block)).toEqual([60])
    expect(await theatre.claimCase(aCase(scene))).toMatchObject({ kind: 'booked' })
    const change = { roomId: other.room, surgeonId: other.surgeon.id, minutes: 90 }
    expect(await theatre.moveCase({ ...by, caseId, change, override: null })).toMatchObject({
      kind: 'done',
      case: { status: 'ARRIVED', ...change, endsAt: soonAt(14, 30) },
    })
    expect(await takenOf(database, block)).toEqual([60])
    await expectWell(database, scene)
    await record('in_room', soonAt(13))
    expect(await record('out_of_room', soonAt(14))).toMatchObject({ kind: 'done', case: { status: 'COMPLETED' } })
    await expectWell(database, scene)
  })

  test('is confirmed again if it is moved to another day, and ends with the block there', async ({ database }) => {
    const arrived = await anArrivedCase(database)
    const { scene, caseId } = arrived
    const { theatre, clinic, room } = scene
    await aBlock(theatre, room, { startsAt: soonAt(32), endsAt: soonAt(40), capacity: 480 })
    const moving = { ...by, key: randomUUID(), caseId, change: { startsAt: soonAt(33) }, override: null }
    const outcomes = await Promise.all([theatre.moveCase(moving), theatre.moveCase(moving)])
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['done', 'unchanged'])
    const { blockId, ...moved } = caseOf(outcomes[0])
    expect(moved).toMatchObject({ status: 'CONFIRMED', startsAt: soonAt(33), milestones: [] })
    await expectWell(database, scene)
    if (blockId === null) throw new Error('The case is in no block.')
    const withdrawal = { which: { slotId: blockId }, withBookings: true, dryRun: false, actorId: null }
    const withdrawn = await scene.engine.withdrawSlots({ clinicNo: clinic.no, ...withdrawal })
    expect(withdrawn).toMatchObject({ kind: 'withdrawn', bookings: [{ id: caseId }] })
    expect(await theatre.case(caseId)).toMatchObject({ status: 'FAILED', failureReason: 'slot_withdrawn' })
    await expectWell(database, scene)
  })

  test('stays arrived up to twelve hours after the arrival', async ({ database, arrived }) => {
    const { theatre } = arrived.scene
    const to = (startsAt: Date) =>
      theatre.moveCase({ ...by, caseId: arrived.caseId, change: { startsAt }, override: null })
    expect(await to(soonAt(20))).toMatchObject({ kind: 'done', case: { status: 'ARRIVED' } })
    expect(await to(soonAt(20, 1))).toMatchObject({ kind: 'done', case: { status: 'CONFIRMED', milestones: [] } })
    await expectWell(database, arrived.scene)
  })

  test('is not moved onto others', async ({ database, arrived }) => {
    const { theatre } = arrived.scene
    const next = caseOf(await theatre.claimCase(aCase(arrived.scene, { startsAt: soonAt(13, 30) })))
    const before = await theatre.case(arrived.caseId)
    expect(await move(arrived)).toMatchObject({ kind: 'refused', conflicts: [{ caseId: next.id }, {}] })
    expect(await theatre.case(arrived.caseId)).toEqual(before)
    await expectWell(database, arrived.scene)
  })

  test('is swapped with one that is planned', async ({ database, arrived }) => {
    const { scene, other, block } = arrived
    expect(await swap(arrived)).toMatchObject({
      kind: 'done',
      cases: [
        { id: arrived.caseId, status: 'ARRIVED', roomId: other.room, startsAt: soonAt(15), blockId: null },
        { status: 'CONFIRMED', roomId: scene.room, startsAt: soonAt(9), blockId: block.id },
      ],
    })
    await expectWell(database, scene)
  })

  test('gives way to an emergency, and its patient is on the waitlist', async ({ database, arrived }) => {
    const { scene, caseId, block } = arrived
    const refused = await scene.theatre.claimCase(aCase(scene, { urgency: 'urgent' }))
    expect(refused).toMatchObject({ kind: 'refused', conflicts: [{ caseId, bumpableCaseIds: [caseId] }, {}] })
    expect(await bump(arrived)).toMatchObject({ kind: 'done', bumped: [{ caseId }] })
    expect(await scene.theatre.case(caseId)).toMatchObject({ status: 'CANCELLED', failureReason: 'bumped' })
    expect(await takenOf(database, block)).toEqual([60])
    await expectWell(database, scene)
  })

  test('is moved out of a block that was withdrawn, or cancelled in it', async ({ database, arrived }) => {
    const { scene, block } = arrived
    const withdrawal = { which: { slotId: block.id }, withBookings: true, dryRun: false, actorId: null }
    await scene.engine.withdrawSlots({ clinicNo: block.clinicNo, ...withdrawal })
    expect(await takenOf(database, block)).toEqual([60])
    expect(await move(arrived)).toMatchObject({ kind: 'done', case: { status: 'ARRIVED', blockId: null } })
    expect(await takenOf(database, block)).toEqual([0])
    expect(await cancel(arrived)).toMatchObject({ kind: 'done' })
    await expectWell(database, scene)
  })
})

describe('a case whose patient is in the room', () => {
  test.for(Object.keys(changes) as (keyof typeof changes)[])('is not %s', async (name, { database, arrived }) => {
    for (const milestone of ['in_room', 'incision'] as const) {
      await arrived.record(milestone, soonAt(9))
      expect(await changes[name](arrived)).toMatchObject({ kind: 'invalid_transition' })
    }
    await arrived.record('incision', null)
    await arrived.record('in_room', null)
    expect(await changes[name](arrived)).toMatchObject({ kind: 'done' })
    await expectWell(database, arrived.scene)
  })

  test.for(['cancelled', 'moved'] as const)('is not %s, if that is requested meanwhile', async (name, { database }) => {
    const arrived = await anArrivedCase(database)
    const lock = await holdSlotLock(database, arrived.block)
    const entering = arrived.record('in_room', soonAt(9))
    await untilLockWaiters(database, 1)
    const changing = changes[name](arrived)
    await lock.releaseOnce(2)
    // Whichever is first.
    const [entered, changed] = await Promise.all([entering, changing])
    if (changed.kind === 'done') {
      expect(changed).toMatchObject({ case: { milestones: [{ milestone: 'arrived' }] } })
      expect(entered.kind).toBe(name === 'moved' ? 'done' : 'invalid_transition')
    } else {
      expect([entered.kind, changed.kind]).toEqual(['done', 'invalid_transition'])
    }
    await expectWell(database, arrived.scene)
  })

  test.for([
    ['lost', 'delete from holdfast.case_milestone where milestone = $1'],
    ['at another time', `update holdfast.case_milestone set at = at + interval '1 minute' where milestone = $1`],
    [
      'not in the log',
      `insert into holdfast.case_milestone (clinic_no, booking_id, milestone, at)
       select clinic_no, booking_id, 'incision', at from holdfast.case_milestone where milestone = $1`,
    ],
  ] as const)('verify finds a milestone that is %s', async ([_name, forge], { database }) => {
    const { scene, caseId, record } = await anArrivedCase(database)
    for (const at of [soonAt(9), null]) await record('incision', at)
    await record('in_room', soonAt(9))
    await expectWell(database, scene)
    await database.ownerPool.query(forge, ['in_room'])
    const { details } = await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })
    const message = expect.stringMatching(/^its milestone (in_room|incision) is at .*, by its log /)
    expect(details).toMatchObject([{ kind: 'case_differs', bookingId: caseId, message }])
  })

  test('negative control: without the rule, verify finds the cancelled case that had begun', async ({ database }) => {
    await plantFunction(database, 'has_not_begun', { part: /and m\.milestone <> 'arrived'/, becomes: 'and false' })
    const arrived = await anArrivedCase(database)
    await arrived.record('in_room', soonAt(9))
    expect(await cancel(arrived)).toMatchObject({ kind: 'done' })
    const { details } = await verify(database.appPool, { clinicNo: arrived.block.clinicNo, detailsMax: 9 })
    expect(details).toMatchObject([{ kind: 'case_differs', bookingId: arrived.caseId }])
  })
})
