import { randomUUID } from 'node:crypto'
import { aDoctor, type TestDatabase } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import { aBlock as aBlockOf, aCase, aTheatre, type BuiltTheatre, caseOf, soonAt, test } from '../../test/theatre.ts'
import type { BlockOwner } from '../model/theatre-resource.ts'
import { verify } from '../verify/verify.ts'

const noOwner: BlockOwner = { service: null, surgeonId: null }

/** A block from nine to three tomorrow. */
const aBlock = ({ theatre, room }: BuiltTheatre, owner: Parameters<typeof aBlockOf>[3] = {}, minutes = 360) =>
  aBlockOf(theatre, room, { startsAt: soonAt(9), endsAt: soonAt(15), capacity: minutes }, owner)

test('a block takes elective cases up to its minutes, with holds and turnovers between them', async ({ scene }) => {
  const { theatre } = scene
  await theatre.updateRoom(scene.room, { turnoverMinutes: 20 })
  const blockId = await aBlock(scene, {}, 170)
  const first = caseOf(await theatre.claimCase(aCase(scene, { blockId })))
  expect(first.blockId).toBe(blockId)
  expect(await theatre.block(blockId)).toMatchObject({ minutes: 170, usedMinutes: 80 })
  const second = aCase(scene, { startsAt: soonAt(11), minutes: 91 })
  expect(await theatre.claimCase(second)).toMatchObject({
    kind: 'refused',
    conflicts: [{ kind: 'block_overrun', blockId, blockEndsAt: soonAt(15), remainingMinutes: 90 }],
  })
  expect(await theatre.claimCase({ ...second, minutes: 90 })).toMatchObject({ kind: 'booked' })
  expect(await theatre.block(blockId)).toMatchObject({ minutes: 170, usedMinutes: 190 })
})

test('an empty block takes a case of its length, whatever follows it', async ({ scene }) => {
  await scene.theatre.updateRoom(scene.room, { turnoverMinutes: 30 })
  const blockId = await aBlock(scene)
  const long = aCase(scene, { minutes: 360 })
  expect(await scene.theatre.claimCase(long)).toMatchObject({ kind: 'booked', case: { blockId } })
  expect(await scene.theatre.checkCase(aCase(scene, { startsAt: soonAt(14), minutes: 1 }))).toMatchObject({
    conflicts: [{ role: 'room' }, { role: 'surgeon' }, { kind: 'block_overrun', remainingMinutes: 0 }],
  })
})

describe('the minutes of a block', () => {
  /** 200 minutes from nine to three, of which urgent cases until one take 230. */
  async function aFullBlock(database: TestDatabase) {
    const scene = await aTheatre(database)
    await scene.theatre.updateRoom(scene.room, { turnoverMinutes: 5 })
    const blockId = await aBlock(scene, {}, 200)
    for (const startsAt of [soonAt(9), soonAt(11)]) {
      caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt, minutes: 110, urgency: 'urgent', confirm: true })))
    }
    return { scene, blockId, claim: (change: object) => scene.theatre.claimCase(aCase(scene, change)) }
  }

  test.for([
    { urgency: 'immediate', minutes: 60 },
    { urgency: 'immediate', minutes: 300 },
    { urgency: 'urgent', minutes: 60 },
  ] as const)('do not refuse the $urgency case of $minutes minutes in the empty room', async (change, { database }) => {
    const { scene, blockId, claim } = await aFullBlock(database)
    const startsAt = soonAt(13)
    const emergency = caseOf(await claim({ ...change, startsAt }))
    expect(emergency).toMatchObject({ blockId, minutes: change.minutes, override: null })
    const { minutes } = change
    expect(await scene.theatre.block(blockId)).toMatchObject({ minutes: 200, usedMinutes: 235 + minutes })
    const moved = {
      caseId: emergency.id,
      change: { startsAt: soonAt(13, 30) },
      override: null,
      actorId: null,
      key: null,
    }
    expect(await scene.theatre.moveCase(moved)).toMatchObject({ kind: 'done', case: { blockId } })
    expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
    await scene.theatre.cancelCase({ caseId: emergency.id, reasonCode: 'patient', actorId: null, key: null })
    expect(await scene.theatre.block(blockId)).toMatchObject({ minutes: 200, usedMinutes: 230 })
    expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
  })

  test('refuse other cases unless that is allowed with a reason', async ({ database }) => {
    const { scene, blockId, claim } = await aFullBlock(database)
    const startsAt = soonAt(13)
    for (const urgency of ['elective', 'expedited']) {
      expect(await claim({ startsAt, urgency })).toMatchObject({
        kind: 'refused',
        conflicts: [{ kind: 'block_overrun', blockId, remainingMinutes: 0 }],
      })
    }
    const override = { rules: ['block_overrun'], reason: 'The surgeon stays longer' }
    expect(await claim({ startsAt, override })).toMatchObject({ kind: 'booked', case: { blockId, override } })
    expect(await scene.theatre.block(blockId)).toMatchObject({ minutes: 200, usedMinutes: 295 })
    expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
  })

  test('do not refuse a move of a case that has them, unless it becomes longer', async ({ scene }) => {
    await scene.theatre.updateRoom(scene.room, { turnoverMinutes: 5 })
    const blockId = await aBlock(scene, {}, 60)
    const elective = caseOf(await scene.theatre.claimCase(aCase(scene, { confirm: true })))
    const urgent = aCase(scene, { startsAt: soonAt(11), urgency: 'urgent' })
    expect(await scene.theatre.claimCase(urgent)).toMatchObject({ case: { blockId } })
    const move = (change: object) =>
      scene.theatre.moveCase({ caseId: elective.id, change, override: null, actorId: null, key: null })
    expect(await move({ startsAt: soonAt(13), minutes: 61 })).toMatchObject({
      kind: 'refused',
      conflicts: [{ kind: 'block_overrun', remainingMinutes: 0 }],
    })
    expect(await move({ startsAt: soonAt(13) })).toMatchObject({ kind: 'done', case: { blockId } })
  })

  test('can be fewer than its cases take, if they are more than before', async ({ database }) => {
    const { scene, blockId } = await aFullBlock(database)
    const resize = (minutes: number) =>
      scene.theatre.changeBlock({ blockId, action: { kind: 'resize', minutes }, actorId: null })
    expect(await resize(199)).toEqual({ kind: 'minutes_in_use', usedMinutes: 230 })
    expect(await resize(220)).toMatchObject({ kind: 'done', block: { minutes: 220, usedMinutes: 230 } })
    expect(await resize(300)).toMatchObject({ kind: 'done', block: { minutes: 300, usedMinutes: 230 } })
    expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
  })
})

test('whose a block is, and when a room is open, do not refuse urgent and immediate cases', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, room } = scene
  const hours = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '08:00', to: '16:00' }))
  await theatre.updateRoom(room, { hours })
  const blockId = await aBlock(scene, { service: 'Cardiology' })
  const [owned, closed] = [soonAt(9), soonAt(20)]
  for (const urgency of ['elective', 'expedited'] as const) {
    const conflictsAt = async (startsAt: Date) => theatre.claimCase(aCase(scene, { startsAt, urgency }))
    expect(await conflictsAt(owned)).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'block_owned', blockId }] })
    expect(await conflictsAt(closed)).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'outside_hours' }] })
  }
  const emergency = caseOf(await theatre.claimCase(aCase(scene, { startsAt: owned, urgency: 'urgent' })))
  expect(emergency).toMatchObject({ blockId, override: null })
  const move = { caseId: emergency.id, change: { startsAt: closed }, override: null, actorId: null, key: null }
  expect(await theatre.moveCase(move)).toMatchObject({ kind: 'done', case: { blockId: null } })
  const immediate = aCase(scene, { startsAt: owned, urgency: 'immediate', confirm: true })
  expect(await theatre.claimCase(immediate)).toMatchObject({ case: { blockId, override: null } })
  expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('a block overrun, and a block of others, are soft; a named block must contain the start', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const other = (await aDoctor(database, clinic)).id
  const blockId = await aBlock(scene, { surgeonId: other })
  const request = aCase(scene, { startsAt: soonAt(14, 30) })
  expect(await theatre.claimCase(request)).toMatchObject({
    kind: 'refused',
    conflicts: [
      { kind: 'block_overrun', blockId, blockEndsAt: soonAt(15), remainingMinutes: 360 },
      { kind: 'block_owned', blockId, surgeonId: other, service: null },
    ],
  })
  // Begun before the block, in open time, it would reach into it.
  expect(await theatre.checkCase({ ...request, startsAt: soonAt(8, 30) })).toMatchObject({
    conflicts: [{ kind: 'block_owned' }],
  })
  expect(await theatre.checkCase({ ...request, startsAt: soonAt(15), blockId })).toMatchObject({
    conflicts: [{ kind: 'block_mismatch', blockId }],
  })
  const override = { rules: ['block_overrun' as const, 'block_owned' as const], reason: 'Agreed with the owner' }
  expect(await theatre.claimCase({ ...request, override })).toMatchObject({ kind: 'booked', case: { blockId } })
})

test('a block of a service and a surgeon is for the cases of both', async ({ database, scene }) => {
  const { theatre, clinic, surgeon } = scene
  const other = (await aDoctor(database, clinic)).id
  const blockId = await aBlock(scene, { service: 'Orthopaedics', surgeonId: surgeon.id })
  const conflicts = async (change: { service?: string; surgeonId?: string }) => {
    const checked = await theatre.checkCase(aCase(scene, change))
    return checked.kind === 'checked' ? checked.conflicts : [checked]
  }
  const owned = [{ kind: 'block_owned', blockId, service: 'Orthopaedics', surgeonId: surgeon.id }]
  expect(await conflicts({})).toEqual([])
  expect(await conflicts({ service: 'orthoPAEDICS' })).toEqual([])
  expect(await conflicts({ surgeonId: other })).toMatchObject(owned)
  expect(await conflicts({ service: 'Cardiac' })).toMatchObject(owned)
  expect(await conflicts({ service: 'Cardiac', surgeonId: other })).toMatchObject(owned)
})

describe('a block is open to everybody', () => {
  test('when it is released by hand, until it is reclaimed; and to its new owner', async ({ scene }) => {
    const { theatre } = scene
    const blockId = await aBlock(scene, { service: 'Cardiac' })
    const kinds = async () => {
      const checked = await theatre.checkCase(aCase(scene))
      return checked.kind === 'checked' ? checked.conflicts.map(({ kind }) => kind) : [checked.kind]
    }
    const change = (action: Parameters<typeof theatre.changeBlock>[0]['action']) =>
      theatre.changeBlock({ blockId, action, actorId: null })
    expect(await kinds()).toEqual(['block_owned'])
    expect(await change({ kind: 'release' })).toMatchObject({ kind: 'done', block: { isReleased: true } })
    expect(await kinds()).toEqual([])
    expect(await change({ kind: 'reclaim' })).toMatchObject({ kind: 'done', block: { isReleased: false } })
    expect(await kinds()).toEqual(['block_owned'])
    await change({ kind: 'take_over', service: 'Orthopaedics', surgeonId: null })
    expect(await kinds()).toEqual([])
  })

  test('so many days before its start, unless that is reclaimed', async ({ scene }) => {
    const { theatre } = scene
    const blockId = await aBlock(scene, { service: 'Cardiac', releaseDays: 3 })
    expect(await theatre.block(blockId)).toMatchObject({ isReleased: true, releaseDays: 3 })
    await theatre.changeBlock({ blockId, action: { kind: 'reclaim' }, actorId: null })
    expect(await theatre.block(blockId)).toMatchObject({ isReleased: false, releasedAt: null, releaseDays: null })
  })
})

test('the minutes of a block can be changed, not below what is used nor above its length', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre } = scene
  const blockId = await aBlock(scene)
  await theatre.claimCase(aCase(scene))
  const resize = (minutes: number) =>
    theatre.changeBlock({ blockId, action: { kind: 'resize', minutes }, actorId: null })
  expect(await resize(59)).toEqual({ kind: 'minutes_in_use', usedMinutes: 60 })
  expect(await resize(60)).toMatchObject({ kind: 'done', block: { minutes: 60 } })
  expect(await resize(361)).toEqual({ kind: 'minutes_over_length' })
  expect(await resize(360)).toMatchObject({ kind: 'done', block: { minutes: 360 } })
  expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 10 })).details).toEqual([])
})

test('blocks of one room never overlap', async ({ scene }) => {
  const blockId = await aBlock(scene)
  const drafts = [
    { startsAt: soonAt(14), endsAt: soonAt(18), capacity: 240 },
    { startsAt: soonAt(15), endsAt: soonAt(18), capacity: 180 },
  ]
  const request = { ...noOwner, roomId: scene.room, when: { drafts }, releaseDays: null, dryRun: false, actorId: null }
  expect(await scene.theatre.createBlocks(request)).toMatchObject({
    items: [{ outcome: 'conflict', blockId, caseId: null }, { outcome: 'created' }],
  })
  const listed = await scene.theatre.blocks({ clinicNo: scene.clinic.no, from: soonAt(0), to: soonAt(24) })
  expect(listed).toHaveLength(2)
})

test('a block over a case of the room’s open time is in conflict with it', async ({ scene }) => {
  const booked = caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(9) })))
  const later = caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(13) })))
  const drafts = [
    { startsAt: soonAt(8), endsAt: soonAt(12), capacity: 240 },
    { startsAt: soonAt(12), endsAt: soonAt(15), capacity: 180 },
    { startsAt: soonAt(15), endsAt: soonAt(18), capacity: 180 },
  ]
  const request = { ...noOwner, roomId: scene.room, when: { drafts }, releaseDays: null, actorId: null }
  const conflicts = [
    { outcome: 'conflict', blockId: null, caseId: booked.id },
    { outcome: 'conflict', blockId: null, caseId: later.id },
  ]
  expect(await scene.theatre.createBlocks({ ...request, dryRun: true })).toMatchObject({
    items: [...conflicts, { outcome: 'created', blockId: null, caseId: null }],
  })
  expect(await scene.theatre.createBlocks({ ...request, dryRun: false })).toMatchObject({
    items: [...conflicts, { outcome: 'created', blockId: expect.any(String), caseId: null }],
  })
})

test('a block over a case that ended by mistake leaves it the room, until it is moved in', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const early = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const leave = (at: Date | null) => {
    const end = { milestone: 'out_of_room', at, isTrial: true } as const
    return theatre.recordMilestone({ caseId: early.id, ...end, actorId: null, key: randomUUID() })
  }
  await leave(soonAt(7))
  const blockId = await aBlock(scene)
  expect(caseOf(await leave(null))).toMatchObject({ blockId: null, allocations: early.allocations })
  expect(await theatre.block(blockId)).toMatchObject({ minutes: 360, usedMinutes: 0 })
  // All minutes of the block are left, and not all of its time.
  const other = { ...scene, surgeon: await aDoctor(database, clinic) }
  expect(await theatre.claimCase(aCase(other))).toMatchObject({
    kind: 'refused',
    conflicts: [{ kind: 'resource_busy', role: 'room', caseId: early.id }],
  })
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 5 })).details).toEqual([])
  const move = { caseId: early.id, change: { startsAt: early.startsAt }, override: null, actorId: null, key: null }
  expect(caseOf(await theatre.moveCase(move))).toMatchObject({ blockId, startsAt: early.startsAt })
  expect(await theatre.block(blockId)).toMatchObject({ usedMinutes: 60 })
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 5 })).details).toEqual([])
})

test('all blocks are listed, also more than five thousand', async ({ database }) => {
  const { theatre, clinic, room } = await aTheatre(database)
  const count = 5_001
  const drafts = Array.from({ length: count }, (_, minute) => {
    return { startsAt: soonAt(0, minute), endsAt: soonAt(0, minute + 1), capacity: 1 }
  })
  await theatre.createBlocks({
    ...noOwner,
    roomId: room,
    when: { drafts },
    releaseDays: null,
    dryRun: false,
    actorId: null,
  })
  const listed = await theatre.blocks({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(0, count) })
  expect(listed).toHaveLength(count)
})

test('a withdrawn block fails its cases, and requests with them are open again', async ({ scene }) => {
  const { theatre, clinic, engine } = scene
  const blockId = await aBlock(scene)
  const request = aCase(scene, { confirm: true })
  const { patient, service, procedure, surgeonId } = request
  const wanted = { patient, service, procedure, surgeonId, minutes: 60, urgency: 'elective' as const, equipment: [] }
  const none = { dueOn: null, roomId: null, anaesthetistId: null, staffIds: [], note: null }
  const by = { createdBy: null, mayChangePatient: true }
  const created = await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
  const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
  const booked = caseOf(await theatre.claimCase({ ...request, requestId }))
  expect(await theatre.caseRequest(requestId)).toMatchObject({ status: 'scheduled', caseId: booked.id })
  expect(await theatre.withdrawCaseRequest(requestId)).toBe(false)
  expect(await theatre.claimCase(aCase(scene, { startsAt: soonAt(12), requestId }))).toEqual({
    kind: 'request_missing',
  })
  const which = { slotId: blockId }
  await engine.withdrawSlots({ clinicNo: clinic.no, which, withBookings: true, dryRun: false, actorId: null })
  expect(await theatre.case(booked.id)).toMatchObject({ status: 'FAILED', failureReason: 'slot_withdrawn' })
  expect(await theatre.caseRequest(requestId)).toMatchObject({ status: 'open', caseId: null })
  expect(await theatre.withdrawCaseRequest(requestId)).toBe(true)
})
