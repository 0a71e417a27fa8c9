import { randomUUID } from 'node:crypto'
import { aDoctor, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import type { Urgency } from '@holdfast/vocabulary'
import { describe, expect } from 'vitest'
import {
  aCase,
  aRoom,
  aTheatre,
  type BuiltTheatre,
  caseOf,
  freshTest,
  someEquipment,
  soonAt,
  test,
} from '../../test/theatre.ts'
import { aTransaction } from '../../test/theatre-transaction.ts'
import type { BumpCasesOutcome, Case, ClaimCaseRequest, MoveCaseRequest } from '../model/theatre-case.ts'

const urgencies: Urgency[] = ['immediate', 'urgent', 'expedited', 'elective']

type Emergency = ClaimCaseRequest | MoveCaseRequest

async function booked({ theatre }: BuiltTheatre, request: ClaimCaseRequest): Promise<Case> {
  return caseOf(await theatre.claimCase({ ...request, confirm: true }))
}

function bump({ theatre }: BuiltTheatre, emergency: Emergency, cases: Case[]): Promise<BumpCasesOutcome> {
  return theatre.bumpCases({ emergency, bumpedCaseIds: cases.map(({ id }) => id), reason: 'Bleeding' })
}

/** A move of a case, which stays as urgent as it is. */
function moveOf(caseId: string, change: MoveCaseRequest['change']): MoveCaseRequest {
  return { caseId, change, override: null, actorId: null, key: randomUUID() }
}

async function expectUnchanged({ theatre }: BuiltTheatre, ...cases: Case[]): Promise<void> {
  for (const one of cases) expect(await theatre.case(one.id)).toEqual(one)
}

describe('an elective case bumps nothing', () => {
  test('not as a new case', async ({ scene }) => {
    const elective = await booked(scene, aCase(scene))
    const emergency = aCase(scene)
    expect(await bump(scene, emergency, [elective])).toEqual({
      kind: 'bump_refused',
      bumpRefusals: [{ caseId: emergency.caseId, reason: 'emergency_is_elective' }],
    })
    expect(await scene.theatre.case(emergency.caseId)).toBeNull()
    await expectUnchanged(scene, elective)
  })

  test('nor by a move', async ({ scene }) => {
    const elective = await booked(scene, aCase(scene))
    const other = await booked(scene, aCase(scene, { startsAt: soonAt(15) }))
    expect(await bump(scene, moveOf(other.id, { startsAt: soonAt(9) }), [elective])).toEqual({
      kind: 'bump_refused',
      bumpRefusals: [{ caseId: other.id, reason: 'emergency_is_elective' }],
    })
    await expectUnchanged(scene, elective, other)
  })
})

test.for(urgencies)('a case that is %s gives way only if it is elective', async (urgency, { database }) => {
  for (const of of urgencies.slice(0, 3)) {
    const scene = await aTheatre(database)
    const inTheWay = await booked(scene, aCase(scene, { urgency }))
    const outcome = await bump(scene, aCase(scene, { urgency: of }), [inTheWay])
    if (urgency === 'elective') {
      expect(outcome, of).toMatchObject({ kind: 'done', bumped: [{ caseId: inTheWay.id }] })
    } else {
      const bumpRefusals = [{ caseId: inTheWay.id, reason: 'not_elective' }]
      expect(outcome, of).toEqual({ kind: 'bump_refused', bumpRefusals })
      await expectUnchanged(scene, inTheWay)
    }
  }
})

describe('a case gives way only for what it has', () => {
  /** What an emergency in another room, with another surgeon, needs of a case that is there. */
  const shared: Record<string, (scene: BuiltTheatre) => Partial<ClaimCaseRequest>> = {
    'its room': ({ room }) => ({ roomId: room }),
    'its surgeon': ({ surgeon }) => ({ surgeonId: surgeon.id }),
    'one of its team': ({ surgeon }) => ({ staffIds: [surgeon.id] }),
    'its patient': () => ({ patient: { mrn: 'M-1', name: 'Ada Okafor', birthDate: null } }),
    'its equipment': ({ robot }) => ({ equipment: [{ equipmentId: robot, units: 1 }] }),
  }
  const withRobot = (scene: BuiltTheatre): ClaimCaseRequest =>
    aCase(scene, {
      equipment: [{ equipmentId: scene.robot, units: 1 }],
      patient: { mrn: 'M-1', name: 'Ada Okafor', birthDate: null },
    })

  test.for(Object.entries(shared))('%s', async ([, share], { database, scene }) => {
    const { clinic, theatre } = scene
    const elsewhere = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
    const inTheWay = await booked(scene, withRobot(scene))
    const emergency = aCase(elsewhere, { ...share(scene), startsAt: soonAt(9, 30), urgency: 'urgent' })
    expect(await theatre.claimCase(emergency)).toMatchObject({
      kind: 'refused',
      conflicts: [{ kind: 'resource_busy', caseId: inTheWay.id, bumpableCaseIds: [inTheWay.id] }],
    })
    expect(await bump(scene, emergency, [inTheWay])).toMatchObject({ kind: 'done' })
  })

  test('not if it has nothing of it, at another time, or if there is enough without it', async ({ database }) => {
    const scene = await aTheatre(database)
    const { clinic, theatre, robot } = scene
    const elsewhere = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
    await theatre.updateEquipment(robot, { units: 2 })
    const beside = await booked(scene, withRobot(scene))
    const later = await booked(scene, aCase(scene, { startsAt: soonAt(10) }))
    const emergency = aCase(elsewhere, { urgency: 'immediate', equipment: [{ equipmentId: robot, units: 1 }] })
    const bumpRefusals = [beside, later].map(({ id }) => ({ caseId: id, reason: 'not_in_the_way' })).sort(byCase)
    expect(await bump(scene, emergency, [beside, later])).toEqual({ kind: 'bump_refused', bumpRefusals })
    await expectUnchanged(scene, beside, later)
    const two = aCase(elsewhere, { urgency: 'immediate', equipment: [{ equipmentId: robot, units: 2 }] })
    expect(await bump(scene, two, [beside])).toMatchObject({ kind: 'done' })
  })

  test('not for more units than are missing', async ({ database, scene }) => {
    const { clinic, theatre, robot } = scene
    await theatre.updateEquipment(robot, { units: 3 })
    const inTheWay: Case[] = []
    for (const at of [9, 9, 9]) {
      const place = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
      const wanted = { startsAt: soonAt(at), equipment: [{ equipmentId: robot, units: 1 }] }
      inTheWay.push(await booked(scene, aCase(place, wanted)))
    }
    const elsewhere = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
    const emergency = aCase(elsewhere, { urgency: 'immediate', equipment: [{ equipmentId: robot, units: 2 }] })
    expect(await theatre.claimCase(emergency)).toMatchObject({ conflicts: inTheWay.map(() => ({ missingUnits: 2 })) })
    const bumpRefusals = inTheWay.map(({ id }) => ({ caseId: id, reason: 'not_in_the_way' })).sort(byCase)
    expect(await bump(scene, emergency, inTheWay)).toEqual({ kind: 'bump_refused', bumpRefusals })
    await expectUnchanged(scene, ...inTheWay)
    expect(await bump(scene, emergency, inTheWay.slice(1))).toMatchObject({ kind: 'done' })
    await expectUnchanged(scene, ...inTheWay.slice(0, 1))
  })

  test('not for one of two kinds, if a case that must give way for the other has it too', async ({ database }) => {
    const scene = await aTheatre(database)
    const { clinic, theatre, robot } = scene
    await theatre.updateEquipment(robot, { units: 2 })
    const [one, other] = [
      { equipmentId: robot, units: 1 },
      { equipmentId: await someEquipment(theatre, clinic, { name: 'Laser' }), units: 1 },
    ]
    const of = async (change: Partial<ClaimCaseRequest>) =>
      aCase({ clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }, change)
    const hasOne = await booked(scene, await of({ equipment: [one] }))
    const hasBoth = await booked(scene, await of({ equipment: [one, other] }))
    const emergency = await of({ urgency: 'immediate', equipment: [one, other] })
    expect(await bump(scene, emergency, [hasOne, hasBoth])).toEqual({
      kind: 'bump_refused',
      bumpRefusals: [{ caseId: hasOne.id, reason: 'not_in_the_way' }],
    })
    expect(await bump(scene, emergency, [hasBoth])).toMatchObject({ kind: 'done' })
    await expectUnchanged(scene, hasOne)
  })

  test('also with those that may: then none gives way', async ({ scene }) => {
    const inTheWay = await booked(scene, aCase(scene))
    const urgent = await booked(scene, aCase(scene, { startsAt: soonAt(10), urgency: 'urgent' }))
    const later = await booked(scene, aCase(scene, { startsAt: soonAt(14) }))
    const emergency = aCase(scene, { startsAt: soonAt(9, 30), urgency: 'immediate' })
    expect(await bump(scene, emergency, [inTheWay, urgent, later])).toEqual({
      kind: 'bump_refused',
      bumpRefusals: [
        { caseId: urgent.id, reason: 'not_elective' } as const,
        { caseId: later.id, reason: 'not_in_the_way' } as const,
      ].sort(byCase),
    })
    await expectUnchanged(scene, inTheWay, urgent, later)
  })
})

test('a refusal names nobody who may give way to an elective case, or in a swap', async ({ scene }) => {
  const { theatre } = scene
  await booked(scene, aCase(scene))
  const urgent = await booked(scene, aCase(scene, { startsAt: soonAt(12), minutes: 90, urgency: 'urgent' }))
  await booked(scene, aCase(scene, { startsAt: soonAt(10) }))
  const first = await booked(scene, aCase(scene, { startsAt: soonAt(8) }))
  const elective = await theatre.claimCase(aCase(scene))
  const swap = { caseId: urgent.id, otherCaseId: first.id, override: null, actorId: null, key: null }
  for (const outcome of [elective, await theatre.swapCases(swap)]) {
    expect(outcome).toMatchObject({ kind: 'refused' })
    expect(JSON.stringify(outcome)).not.toContain('bumpable')
  }
})

test('a case that has ended is named by the refusal', async ({ scene }) => {
  const cancelled = await booked(scene, aCase(scene))
  const cancelling = { caseId: cancelled.id, reasonCode: 'patient_unfit', actorId: null, key: randomUUID() } as const
  expect(await scene.theatre.cancelCase(cancelling)).toMatchObject({ kind: 'done' })
  const inTheWay = await booked(scene, aCase(scene))
  const refused = { kind: 'bump_refused', bumpRefusals: [{ caseId: cancelled.id, reason: 'not_in_the_way' }] }
  const emergency = aCase(scene, { urgency: 'immediate' })
  expect(await bump(scene, emergency, [cancelled, inTheWay])).toEqual(refused)
  const urgent = await booked(scene, aCase(scene, { startsAt: soonAt(15), urgency: 'immediate' }))
  expect(await bump(scene, moveOf(urgent.id, { startsAt: soonAt(9) }), [inTheWay, cancelled])).toEqual(refused)
  await expectUnchanged(scene, inTheWay, urgent)
})

freshTest('a case that is moved away while the bump waits for its locks stays there', async ({ database, scene }) => {
  const inTheWay = await booked(scene, aCase(scene))
  const other = await aTransaction(database)
  const moved = caseOf(await other.theatre.moveCase(moveOf(inTheWay.id, { startsAt: soonAt(14) })))
  const bumping = bump(scene, aCase(scene, { urgency: 'immediate' }), [inTheWay])
  await untilLockWaiters(database, 1)
  await other.commit()
  expect(await bumping).toEqual({
    kind: 'bump_refused',
    bumpRefusals: [{ caseId: inTheWay.id, reason: 'not_in_the_way' }],
  })
  await expectUnchanged(scene, moved)
})

freshTest('negative control: without bump_refusals, elective bumps urgent', async ({ database }) => {
  await withoutRefusals(database)
  const scene = await aTheatre(database)
  const urgent = await booked(scene, aCase(scene, { urgency: 'urgent' }))
  const beside = await booked(scene, aCase(scene, { startsAt: soonAt(14) }))
  expect(await bump(scene, aCase(scene), [urgent, beside])).toMatchObject({ kind: 'done' })
})

async function withoutRefusals(database: TestDatabase): Promise<void> {
  await plantFunction(database, 'schedule_cases', {
    part: "if detail <> '[]' then\n      outcome := 'bump_refused';",
    becomes: "if false then\n      outcome := 'bump_refused';",
  })
}

function byCase(one: { caseId: string }, other: { caseId: string }): number {
  return one.caseId < other.caseId ? -1 : 1
}
