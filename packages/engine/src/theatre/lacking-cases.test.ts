// Rest: each part that a case can lack

import { randomUUID } from 'node:crypto'
import { aDoctor, type TestDatabase, takenOf } from '@holdfast/testkit'
import type { Milestone } from '@holdfast/vocabulary'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { departures } from '../../test/departures.ts'
import {
  aBlock,
  aCase,
  aRoom,
  aTheatre,
  type BuiltTheatre,
  caseOf,
  someStaff,
  soonAt,
  freshTest as test,
} from '../../test/theatre.ts'
import { aStorm, runStorm } from '../../test/theatre-storm.ts'
import { slotOf } from '../../test/theatre-transaction.ts'
import type { Theatre } from '../model/theatre.ts'
import type { Case, CaseLack, ClaimCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const by = { actorId: null, key: null }

function record(theatre: Theatre, caseId: string, milestone: Milestone, at: Date | null) {
  return theatre.recordMilestone({ caseId, milestone, at, isTrial: true, actorId: null, key: randomUUID() })
}

/** What the board says that cases lack. */
async function lacksOf({ theatre, clinic }: BuiltTheatre, surgeonId?: string): Promise<Record<string, CaseLack[]>> {
  const query = { clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), limit: 100, cursor: null }
  const { items } = await theatre.casesPage({ ...query, withEnded: true, ...(surgeonId && { surgeonId }) })
  return Object.fromEntries(items.flatMap(({ id, lacks }) => (lacks?.length === 0 ? [] : [[id, lacks ?? []]])))
}

async function expectWell(database: TestDatabase, { clinic }: BuiltTheatre): Promise<void> {
  expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
}

/** A case from nine to ten that was ended before it; another one has its room since; the end is undone. */
async function aLackingCase(database: TestDatabase, since: Partial<ClaimCaseRequest> = {}) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const early = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  await record(theatre, early.id, 'out_of_room', soonAt(7))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  const taker = caseOf(await theatre.claimCase(aCase(other, { confirm: true, ...since })))
  expect(await lacksOf(scene)).toEqual({})
  await record(theatre, early.id, 'out_of_room', null)
  const again = () => theatre.extendCase({ ...by, caseId: early.id, expectedEndsAt: early.expectedEndsAt })
  return { scene, early, other, taker, again }
}

const untilTen = { unit: 1, from: soonAt(9), to: soonAt(10) }
const ofRoom = ({ room }: BuiltTheatre) => ({ ...untilTen, kind: 'room', resourceId: room })
const ofNobody = { caseId: null, slotId: null, isFree: true }

describe('a case whose end was a mistake lacks its room, which another one has since', () => {
  test.for(Object.entries(departures))('and takes it again, when that one %s', async ([, departure], { database }) => {
    const { scene, early, other, taker, again } = await aLackingCase(database, departure.claim)
    expect(await lacksOf(scene)).toEqual({
      [early.id]: [{ ...ofRoom(scene), caseId: taker.id, slotId: null, isFree: false }],
    })
    expect((await departure.leave({ scene, other, leaving: taker }, database)).kind).toBe('done')
    // Nobody has given it back, and the mark says so.
    expect(await lacksOf(scene)).toEqual({ [early.id]: [{ ...ofRoom(scene), ...ofNobody }] })
    expect(caseOf(await again()).allocations).toEqual(early.allocations)
    expect(await lacksOf(scene)).toEqual({})
    await expectWell(database, scene)
  })

  test('and takes it again, when that one’s block was withdrawn', async ({ database, scene }) => {
    const { theatre, engine, clinic, room, surgeon } = scene
    const early = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
    await record(theatre, early.id, 'out_of_room', soonAt(9, 10))
    await aBlock(theatre, room, { startsAt: soonAt(9, 30), endsAt: soonAt(12), capacity: 120 })
    const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
    const taker = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(9, 30), confirm: true })))
    await record(theatre, early.id, 'out_of_room', null)
    const ofHalfAnHour = { ...ofRoom(scene), from: soonAt(9, 30) }
    expect(await lacksOf(scene)).toEqual({
      [early.id]: [{ ...ofHalfAnHour, caseId: taker.id, slotId: null, isFree: false }],
    })
    expect(surgeon.id).toBe(early.surgeonId)
    const { id: slotId } = await slotOf(database, taker)
    const withdrawal = { which: { slotId }, withBookings: true, dryRun: false, actorId: null }
    expect(await engine.withdrawSlots({ clinicNo: clinic.no, ...withdrawal })).toMatchObject({ kind: 'withdrawn' })
    expect(await lacksOf(scene)).toEqual({ [early.id]: [{ ...ofHalfAnHour, ...ofNobody }] })
    await theatre.extendCase({ ...by, caseId: early.id, expectedEndsAt: early.endsAt })
    expect(await lacksOf(scene)).toEqual({})
    await expectWell(database, scene)
  })

  test('also while its patient is in the room, and not after its end', async ({ database }) => {
    const { scene, early } = await aLackingCase(database)
    for (const milestone of ['arrived', 'in_room', 'incision', 'closure'] as const) {
      await record(scene.theatre, early.id, milestone, soonAt(9, 5))
      expect(Object.keys(await lacksOf(scene))).toEqual([early.id])
    }
    for (const milestone of ['out_of_room', 'cleaned'] as const) {
      await record(scene.theatre, early.id, milestone, soonAt(9, 40))
      expect(await lacksOf(scene)).toEqual({})
      await record(scene.theatre, early.id, milestone, null)
      expect(Object.keys(await lacksOf(scene))).toEqual([early.id])
    }
    await scene.theatre.cancelCase({ ...by, caseId: early.id, reasonCode: 'patient' })
  })

  test('and its surgeon reads that it is taken, and not by whom, unless it is their own', async ({ database }) => {
    const { scene, early, taker, other } = await aLackingCase(database)
    const taken = { ...ofRoom(scene), slotId: null, isFree: false }
    expect(await lacksOf(scene, scene.surgeon.id)).toEqual({ [early.id]: [{ ...taken, caseId: null }] })
    expect(await lacksOf(scene, other.surgeon.id)).toEqual({})
    const change = { surgeonId: scene.surgeon.id, startsAt: soonAt(9, 30) }
    await scene.theatre.cancelCase({ ...by, caseId: taker.id, reasonCode: 'patient' })
    await record(scene.theatre, early.id, 'out_of_room', soonAt(9, 30))
    const own = caseOf(await scene.theatre.claimCase(aCase(scene, { ...change, confirm: true })))
    await record(scene.theatre, early.id, 'out_of_room', null)
    const seen = (await lacksOf(scene, scene.surgeon.id))[early.id] ?? []
    expect(seen.map(({ kind, caseId, from }) => [kind, caseId, from])).toEqual([
      ['room', own.id, soonAt(9, 30)],
      ['surgeon', own.id, soonAt(9, 30)],
    ])
  })
})

test('a case lacks its surgeon, who has a clinic slot since, until the slot is withdrawn', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, engine, clinic, surgeon } = scene
  const early = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  await record(theatre, early.id, 'out_of_room', soonAt(7))
  const drafts = [{ startsAt: soonAt(9), endsAt: soonAt(9, 30), capacity: 1 }]
  await engine.createSlots({ doctorId: surgeon.id, drafts, dryRun: false })
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`select id from holdfast.slot
      where resource_id = ${surgeon.id}`)
  const slotId = rows[0]?.id ?? ''
  await record(theatre, early.id, 'out_of_room', null)
  const ofSurgeon = { ...untilTen, kind: 'surgeon', resourceId: surgeon.id }
  const lacks = { [early.id]: [{ ...ofSurgeon, caseId: null, slotId, isFree: false }] }
  expect(await lacksOf(scene)).toEqual(lacks)
  expect(await lacksOf(scene, surgeon.id)).toEqual(lacks)
  const extension = { ...by, caseId: early.id, expectedEndsAt: early.endsAt }
  expect(await theatre.extendCase(extension)).toMatchObject({ kind: 'unchanged' })
  const withdrawal = { which: { slotId }, withBookings: true, dryRun: false, actorId: null }
  await engine.withdrawSlots({ clinicNo: clinic.no, ...withdrawal })
  expect(await lacksOf(scene)).toEqual({ [early.id]: [{ ...ofSurgeon, ...ofNobody }] })
  expect(caseOf(await theatre.extendCase(extension)).allocations).toEqual(early.allocations)
  expect(await lacksOf(scene)).toEqual({})
  await expectWell(database, scene)
})

test('a case lacks everybody and everything else that its plan names, each with who has it', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  const [anaesthetistId, nurse] = [
    await someStaff(theatre, clinic, 'anaesthetist'),
    await someStaff(theatre, clinic, 'nurse'),
  ]
  const patient = { mrn: '4711', name: 'Ada Okafor', birthDate: null }
  const team = { anaesthetistId, staffIds: [nurse], patient, equipment: [{ equipmentId: robot, units: 1 }] }
  const early = caseOf(await theatre.claimCase(aCase(scene, { ...team, confirm: true })))
  await record(theatre, early.id, 'out_of_room', soonAt(7))
  const elsewhere = { clinic, surgeon: scene.surgeon, room: await aRoom(theatre, clinic) }
  const taker = caseOf(
    await theatre.claimCase(aCase(elsewhere, { ...team, startsAt: soonAt(9, 15), minutes: 30, confirm: true })),
  )
  await record(theatre, early.id, 'out_of_room', null)
  const seen = (await lacksOf(scene))[early.id] ?? []
  expect(seen.map(({ kind }) => kind)).toEqual(['anaesthetist', 'equipment', 'patient', 'staff', 'surgeon'])
  for (const lack of seen) {
    expect(lack).toMatchObject({ from: soonAt(9, 15), to: soonAt(10), caseId: taker.id, isFree: false })
  }
  await expectWell(database, scene)
})

test('a case lacks the minutes in which its room is to be cleaned', async ({ database, scene }) => {
  const { theatre, clinic, room } = scene
  await theatre.updateRoom(room, { turnoverMinutes: 20 })
  const early = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  await record(theatre, early.id, 'out_of_room', soonAt(9, 30))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  const taker = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(10, 5), minutes: 10, confirm: true })))
  await record(theatre, early.id, 'out_of_room', null)
  const ofTurnover = { ...ofRoom(scene), from: soonAt(10, 5), to: soonAt(10, 20) }
  expect(await lacksOf(scene)).toEqual({
    [early.id]: [{ ...ofTurnover, caseId: taker.id, slotId: null, isFree: false }],
  })
})

test('a unit of equipment that is no longer there is not free again, a move takes another', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  await theatre.updateEquipment(robot, { units: 2 })
  const equipment = [{ equipmentId: robot, units: 1 }]
  const first = caseOf(await theatre.claimCase(aCase(scene, { equipment, confirm: true })))
  const elsewhere = { clinic, surgeon: await aDoctor(database, clinic), room: await aRoom(theatre, clinic) }
  const second = caseOf(await theatre.claimCase(aCase(elsewhere, { equipment, confirm: true })))
  await record(theatre, second.id, 'out_of_room', soonAt(7))
  expect(await theatre.updateEquipment(robot, { units: 1 })).toMatchObject({ kind: 'done' })
  await record(theatre, second.id, 'out_of_room', null)
  const ofRobot = { ...untilTen, kind: 'equipment', resourceId: robot, unit: 2, slotId: null, isFree: false }
  expect(await lacksOf(scene)).toEqual({ [second.id]: [{ ...ofRobot, caseId: first.id }] })
  await theatre.cancelCase({ ...by, caseId: first.id, reasonCode: 'patient' })
  expect(await lacksOf(scene)).toEqual({ [second.id]: [{ ...ofRobot, caseId: null }] })
  const change = { startsAt: second.startsAt }
  expect(await theatre.moveCase({ ...by, caseId: second.id, change, override: null })).toMatchObject({ kind: 'done' })
  expect(await lacksOf(scene)).toEqual({})
  await expectWell(database, scene)
})

test('a case that is late, or keeps the next one waiting, has what its plan needs', async ({ database, scene }) => {
  const { theatre, clinic, room } = scene
  const late = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  await theatre.claimCase(aCase(other, { startsAt: soonAt(10), confirm: true }))
  await theatre.extendCase({ ...by, caseId: late.id, expectedEndsAt: soonAt(10, 30) })
  await record(theatre, late.id, 'in_room', soonAt(9, 20))
  expect(await lacksOf(scene)).toEqual({})
})

test('a case with all but the minutes of its block lacks nothing: others have them', async ({ database, scene }) => {
  const { theatre, engine, clinic, room } = scene
  await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(16), capacity: 120 })
  const early = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  await record(theatre, early.id, 'arrived', soonAt(8))
  await record(theatre, early.id, 'out_of_room', soonAt(9, 20))
  const other = { clinic, room, surgeon: await aDoctor(database, clinic) }
  await theatre.claimCase(aCase(other, { startsAt: soonAt(13), minutes: 100, confirm: true }))
  await record(theatre, early.id, 'out_of_room', null)
  // It has its room until ten again, and its minutes, of which the block has fewer left.
  expect((await theatre.case(early.id))?.allocations).toEqual(early.allocations)
  const block = await slotOf(database, early)
  expect(await takenOf(database, block)).toEqual([160])
  expect(await lacksOf(scene)).toEqual({})
  await expectWell(database, scene)
  const withdrawal = { which: { slotId: block.id }, withBookings: true, dryRun: false, actorId: null }
  await engine.withdrawSlots({ clinicNo: clinic.no, ...withdrawal })
  expect((await theatre.case(early.id))?.allocations).toEqual(early.allocations)
  expect(await lacksOf(scene)).toEqual({})
  await expectWell(database, scene)
})

test('only lists have what a case lacks', async ({ database }) => {
  const { scene, early } = await aLackingCase(database)
  const found: Case | null = await scene.theatre.case(early.id)
  expect(found?.lacks).toBeNull()
})

const keyOf = ({ kind, resourceId, from, to }: Omit<CaseLack, 'unit' | 'isFree' | 'caseId' | 'slotId'>) =>
  `${kind} ${resourceId} ${from.toISOString()} ${to.toISOString()}`

/** What the plan of a live case needs and its allocations do not have, calculated from the case alone. */
function missingOf({ startsAt, endsAt, turnoverMinutes, allocations, ...one }: Case): string[] {
  if (one.milestones.some(({ milestone }) => milestone === 'out_of_room' || milestone === 'cleaned')) return []
  const roomUntil = new Date(endsAt.getTime() + turnoverMinutes * 60_000)
  const needs = [
    { kind: 'room' as const, resourceId: one.roomId, units: 1, to: roomUntil },
    { kind: 'surgeon' as const, resourceId: one.surgeonId, units: 1, to: endsAt },
    { kind: 'patient' as const, resourceId: one.patientId, units: 1, to: endsAt },
    ...one.equipment.map((each) => ({ ...each, kind: 'equipment' as const, resourceId: each.equipmentId, to: endsAt })),
  ]
  return needs.flatMap(({ units, ...need }) => {
    const until = allocations.filter(({ resourceId }) => resourceId === need.resourceId).map(({ to }) => to)
    const untils = [...until, ...Array.from({ length: units - until.length }, () => startsAt)]
    return untils.flatMap((from) => (from < need.to ? [keyOf({ ...need, from })] : []))
  })
}

/** All lacks of the cases, which are exactly what these do not have, each with the case that has it. */
function expectMarked(cases: readonly Case[], message: string): CaseLack[] {
  for (const one of cases) expect(one.lacks?.map(keyOf).toSorted(), message).toEqual(missingOf(one).toSorted())
  for (const { id, lacks } of cases) {
    const others = cases.filter((one) => one.id !== id).flatMap((one) => one.allocations.map((each) => ({ one, each })))
    for (const lack of lacks ?? []) {
      const [first] = others
        .filter(({ each }) => each.resourceId === lack.resourceId && each.unit === lack.unit)
        .filter(({ each }) => each.from < lack.to && each.to > lack.from)
        .toSorted((one, other) => one.each.from.getTime() - other.each.from.getTime())
      const isFree = first === undefined || first.each.from > lack.from
      expect(lack, message).toMatchObject({ caseId: first?.one.id ?? null, isFree })
    }
  }
  return cases.flatMap(({ lacks }) => lacks ?? [])
}

const roundsMax = 12

test('after many random changes, and all ends taken back, exactly what cases lack is marked', async ({ database }) => {
  const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Math.floor(Math.random() * 1_000_000))
  const storm = await aStorm(database)
  const { theatre, clinic } = storm.scene
  const read = () => theatre.cases({ clinicNo: clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false })
  const recordEnds = async (isOver: boolean) => {
    for (const { id, startsAt } of await read()) {
      await record(theatre, id, 'out_of_room', isOver ? new Date(startsAt.getTime() + 600_000) : null)
    }
  }
  // What the storm leaves depends on its interleaving too, so it goes on until both kinds of lacks were there.
  const seen = { free: 0, taken: 0 }
  for (let round = 0; round < roundsMax && Math.min(seen.free, seen.taken) === 0; round += 1) {
    for (const isOver of [true, false]) {
      const { errors } = await runStorm(database, storm, { seed: seed + 2 * round + (isOver ? 0 : 1), steps: 30 })
      expect(errors, `seed ${seed}`).toEqual([])
      await recordEnds(isOver)
    }
    // Every other one of those who have it since leaves it.
    const takers = new Set((await read()).flatMap(({ lacks }) => (lacks ?? []).flatMap(({ caseId }) => caseId ?? [])))
    for (const [index, caseId] of [...takers].entries()) {
      if (index % 2 === 0) await theatre.cancelCase({ ...by, caseId, reasonCode: 'patient' })
    }
    const found = expectMarked(await read(), `seed ${seed}, round ${round}`)
    seen.free += found.filter(({ isFree }) => isFree).length
    seen.taken += found.filter(({ caseId }) => caseId !== null).length
  }
  expect(Math.min(seen.free, seen.taken), `seed ${seed}`).toBeGreaterThan(0)
})
