import { randomUUID } from 'node:crypto'
import { aDoctor } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aBlock, aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, soonAt, test } from '../../test/theatre.ts'
import type { CasePlan, MoveCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const by = { actorId: null, override: null }

function move(caseId: string, change: Partial<CasePlan>): MoveCaseRequest {
  return { ...by, caseId, change, key: randomUUID() }
}

async function expectClean({ clinic }: BuiltTheatre, database: { appPool: Parameters<typeof verify>[0] }) {
  const report = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  expect(report.details).toEqual([])
}

test('a case is moved in time, room, team and length, in one step', async ({ database, scene }) => {
  const { theatre, clinic, robot } = scene
  const equipment = [{ equipmentId: robot, units: 1 }]
  const booked = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const change = {
    roomId: await aRoom(theatre, clinic, { name: 'Room 2', turnoverMinutes: 10 }),
    startsAt: soonAt(9, 30),
    minutes: 90,
    surgeonId: (await aDoctor(database, clinic)).id,
    equipment,
  }
  const request = move(booked.id, change)
  const moved = caseOf(await theatre.moveCase(request))
  expect(moved).toMatchObject({ ...change, status: 'CONFIRMED', endsAt: soonAt(11), turnoverMinutes: 10 })
  expect(moved.allocations).toHaveLength(4)
  // A repetition, also after another move, changes nothing.
  expect(await theatre.moveCase(request)).toMatchObject({ kind: 'unchanged' })
  await theatre.moveCase(move(booked.id, { startsAt: soonAt(14) }))
  expect(await theatre.moveCase(request)).toMatchObject({ kind: 'unchanged', case: { startsAt: soonAt(14) } })
  await expectClean(scene, database)
})

test('a move is refused with everything in its way, and the case stays where it was', async ({ database, scene }) => {
  const { theatre } = scene
  const first = caseOf(await theatre.claimCase(aCase(scene)))
  const second = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(10) })))
  expect(await theatre.moveCase(move(second.id, { startsAt: soonAt(9, 59) }))).toMatchObject({
    kind: 'refused',
    conflicts: [
      { role: 'room', caseId: first.id, ofCaseId: second.id },
      { role: 'surgeon', caseId: first.id },
    ],
  })
  expect(await theatre.case(second.id)).toEqual(second)
  // Onto a time that overlaps only its own.
  expect(await theatre.moveCase(move(second.id, { startsAt: soonAt(10, 30) }))).toMatchObject({ kind: 'done' })
  await expectClean(scene, database)
})

test('a cancelled case, and one in progress, is not moved', async ({ scene }) => {
  const { theatre } = scene
  const cancelled = caseOf(await theatre.claimCase(aCase(scene)))
  await theatre.cancelCase({ caseId: cancelled.id, reasonCode: 'patient', actorId: null, key: null })
  expect(await theatre.case(cancelled.id)).toMatchObject({
    status: 'CANCELLED',
    failureReason: 'hold_released',
    cancellationReason: 'patient',
    allocations: [],
  })
  const running = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  await theatre.recordMilestone({
    ...by,
    caseId: running.id,
    milestone: 'in_room',
    at: soonAt(9),
    isTrial: true,
    key: null,
  })
  for (const { id } of [cancelled, running]) {
    expect(await theatre.moveCase(move(id, { startsAt: soonAt(15) }))).toMatchObject({ kind: 'invalid_transition' })
  }
  const elsewhere = aCase(scene).caseId
  expect(await theatre.moveCase(move(elsewhere, {}))).toEqual({ kind: 'case_missing', caseId: elsewhere })
})

test('two cases of full blocks are swapped; each keeps its team and length', async ({ database, scene }) => {
  const { theatre, clinic, room, surgeon } = scene
  const other = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  for (const roomId of [room, other.room]) {
    await aBlock(theatre, roomId, { startsAt: soonAt(9), endsAt: soonAt(11), capacity: 120 })
  }
  const a = caseOf(await theatre.claimCase(aCase(scene, { minutes: 120 })))
  const b = caseOf(await theatre.claimCase(aCase(other, { minutes: 120 })))
  const request = { ...by, caseId: a.id, otherCaseId: b.id, key: randomUUID() }
  expect(await theatre.swapCases(request)).toMatchObject({
    kind: 'done',
    cases: [
      { id: a.id, roomId: other.room, surgeonId: surgeon.id, blockId: b.blockId },
      { id: b.id, roomId: room, surgeonId: other.surgeon.id, blockId: a.blockId },
    ],
  })
  expect(await theatre.swapCases(request)).toMatchObject({ kind: 'unchanged' })
  await expectClean(scene, database)
})

test('a swap whose longer case does not fit is refused, and both stay', async ({ database, scene }) => {
  const { theatre } = scene
  const short = caseOf(await theatre.claimCase(aCase(scene, { minutes: 60 })))
  const next = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(10), minutes: 60 })))
  const long = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(14), minutes: 90 })))
  const outcome = await theatre.swapCases({ ...by, caseId: short.id, otherCaseId: long.id, key: null })
  expect(outcome).toMatchObject({
    kind: 'refused',
    conflicts: [{ role: 'room', caseId: next.id, ofCaseId: long.id }, {}],
  })
  expect(await theatre.case(short.id)).toEqual(short)
  expect(await theatre.case(long.id)).toEqual(long)
  await expectClean(scene, database)
})

test('an emergency bumps elective cases, which go to the waitlist with the reason', async ({ database, scene }) => {
  const { theatre, clinic } = scene
  const elective = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const held = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(10) })))
  const emergency = aCase(scene, { startsAt: soonAt(9, 30), urgency: 'immediate', confirm: true })
  expect(await theatre.claimCase(emergency)).toMatchObject({ kind: 'refused' })
  const request = { emergency, bumpedCaseIds: [elective.id, held.id], reason: 'Ruptured aneurysm' }
  // One of the two is not enough.
  expect(await theatre.bumpCases({ ...request, bumpedCaseIds: [held.id] })).toMatchObject({ kind: 'refused' })
  const outcome = await theatre.bumpCases(request)
  expect(outcome).toMatchObject({ kind: 'done', case: { id: emergency.caseId, status: 'CONFIRMED' } })
  expect(await theatre.case(elective.id)).toMatchObject({
    status: 'CANCELLED',
    failureReason: 'bumped',
    cancellationReason: 'Ruptured aneurysm',
  })
  const waiting = await theatre.caseRequests({ clinicNo: clinic.no, status: 'open' })
  expect(waiting).toMatchObject([
    { bumpedCaseId: elective.id, bumpReason: 'Ruptured aneurysm', patient: elective.patient, minutes: 60 },
    { bumpedCaseId: held.id },
  ])
  const bumped = waiting.map(({ bumpedCaseId, id }) => ({ caseId: bumpedCaseId, requestId: id }))
  expect(outcome).toMatchObject({ bumped })
  // A lost response: the repetition gets the same.
  expect(await theatre.bumpCases(request)).toMatchObject({ kind: 'replayed', case: { id: emergency.caseId }, bumped })
  await expectClean(scene, database)
})

test('an existing case is moved to the place of bumped ones', async ({ database, scene }) => {
  const { theatre } = scene
  const elective = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const urgent = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(16), urgency: 'urgent' })))
  const emergency = move(urgent.id, { startsAt: soonAt(9) })
  const request = { emergency, bumpedCaseIds: [elective.id], reason: 'Bleeding' }
  expect(await theatre.bumpCases(request)).toMatchObject({ kind: 'done', case: { startsAt: soonAt(9) } })
  expect(await theatre.bumpCases(request)).toMatchObject({ kind: 'replayed', bumped: [{ caseId: elective.id }] })
  await expectClean(scene, database)
})

test('milestones are recorded, corrected and removed, in order, and the status follows', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre } = scene
  const { id: caseId } = caseOf(await theatre.claimCase(aCase(scene)))
  const record = (milestone: Parameters<typeof theatre.recordMilestone>[0]['milestone'], at: Date | null) =>
    theatre.recordMilestone({ caseId, milestone, at, isTrial: true, actorId: null, key: randomUUID() })
  expect(await record('in_room', soonAt(9))).toMatchObject({ kind: 'invalid_transition' })
  await theatre.confirmCase({ caseId, actorId: null, key: null })
  expect(await record('in_room', soonAt(9, 5))).toMatchObject({ kind: 'done', case: { status: 'ARRIVED' } })
  expect(await record('in_room', soonAt(9, 5))).toMatchObject({ kind: 'unchanged' })
  expect(await record('incision', soonAt(9, 4))).toEqual({
    kind: 'milestone_order',
    milestone: 'in_room',
    at: soonAt(9, 5),
  })
  await record('incision', soonAt(9, 30))
  expect(await record('out_of_room', soonAt(10, 20))).toMatchObject({
    kind: 'done',
    case: {
      status: 'COMPLETED',
      milestones: [
        { milestone: 'in_room', at: soonAt(9, 5) },
        { milestone: 'incision', at: soonAt(9, 30) },
        { milestone: 'out_of_room', at: soonAt(10, 20) },
      ],
    },
  })
  expect(await record('out_of_room', null)).toMatchObject({ kind: 'done', case: { status: 'ARRIVED' } })
  await expectClean(scene, database)
})

test('an extension and the board name the same cases at risk', async ({ database, scene }) => {
  const { theatre, clinic, room, surgeon } = scene
  await theatre.updateRoom(room, { turnoverMinutes: 20 })
  const first = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const elsewhere = { clinic, surgeon, room: await aRoom(theatre, clinic) }
  const begun = caseOf(await theatre.claimCase(aCase(elsewhere, { startsAt: soonAt(10), confirm: true })))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  const next = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(10, 30) })))
  const inRoom = { milestone: 'in_room' as const, at: soonAt(10), isTrial: true, actorId: null, key: null }
  await theatre.recordMilestone({ ...inRoom, caseId: begun.id })
  // The turnover of a case is that of its room when it was booked.
  await theatre.updateRoom(room, { turnoverMinutes: 0 })
  const extend = async (expectedEndsAt: Date) => {
    const extended = await theatre.extendCase({ caseId: first.id, expectedEndsAt, actorId: null, key: null })
    const listed = await theatre.cases({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false })
    const marked = listed.filter(({ atRiskBy }) => atRiskBy === first.id).map(({ id }) => id)
    return [extended.kind === 'done' ? extended.atRiskCaseIds : extended.kind, marked]
  }
  expect(await extend(soonAt(10, 10))).toEqual([[], []])
  expect(await extend(soonAt(10, 15))).toEqual([[next.id], [next.id]])
  await theatre.recordMilestone({ ...inRoom, caseId: first.id, milestone: 'out_of_room', at: soonAt(10, 5) })
  expect(await extend(soonAt(10, 20))).toEqual(['invalid_transition', []])
})

test('a case that takes longer takes what is free, and later cases are at risk, not moved', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, room, surgeon, robot } = scene
  const equipment = [{ equipmentId: robot, units: 1 }]
  const running = caseOf(await theatre.claimCase(aCase(scene, { confirm: true, equipment })))
  const elsewhere = { clinic, surgeon, room: await aRoom(theatre, clinic) }
  const next = caseOf(await theatre.claimCase(aCase(elsewhere, { startsAt: soonAt(10, 30) })))
  const request = { caseId: running.id, expectedEndsAt: soonAt(11), actorId: null, key: randomUUID() }
  const outcome = await theatre.extendCase(request)
  expect(outcome).toMatchObject({ kind: 'done', atRiskCaseIds: [next.id], case: { expectedEndsAt: soonAt(11) } })
  const until = new Map(caseOf(outcome).allocations.map(({ resourceId, to }) => [resourceId, to]))
  expect(until.get(room)).toEqual(soonAt(11))
  expect(until.get(robot)).toEqual(soonAt(11))
  expect(until.get(surgeon.id)).toEqual(soonAt(10, 30))
  expect(await theatre.case(next.id)).toEqual(next)
  const listed = await theatre.cases({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false })
  expect(listed.map(({ id, atRiskBy }) => [id, atRiskBy])).toEqual([
    [running.id, null],
    [next.id, running.id],
  ])
  // The room is taken as long as it is expected to be.
  const late = aCase({ clinic, room, surgeon: await aDoctor(database, clinic) }, { startsAt: soonAt(10, 45) })
  expect(await theatre.claimCase(late)).toMatchObject({ kind: 'refused', conflicts: [{ role: 'room' }] })
  expect(await theatre.extendCase(request)).toMatchObject({ kind: 'unchanged' })
  expect(await theatre.extendCase({ ...request, expectedEndsAt: soonAt(9, 30), key: null })).toMatchObject({
    kind: 'too_early',
  })
  await expectClean(scene, database)
})
