import { randomUUID } from 'node:crypto'
import { aDoctor, plantFunction } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import {
  aBlock,
  aCase,
  aRoom,
  aTheatre,
  type BuiltTheatre,
  caseOf,
  freshTest,
  someEquipment,
  someStaff,
  soonAt,
  test,
} from '../../test/theatre.ts'
import type { CasePlan, ClaimCaseRequest, RuleOverride } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const late: RuleOverride = { rules: ['outside_hours'], reason: 'Transplant' }
const longAndLate: RuleOverride = { rules: ['block_overrun', 'outside_hours'], reason: 'Transplant' }

function move(
  { theatre }: BuiltTheatre,
  caseId: string,
  change: Partial<CasePlan>,
  override: RuleOverride | null = null,
) {
  return theatre.moveCase({ caseId, change, override, actorId: null, key: randomUUID() })
}

/** A room that is open from eight to ten, and a block of its first hour. */
async function aClosingRoom(scene: BuiltTheatre): Promise<void> {
  const { theatre, room } = scene
  const hours = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: '08:00', to: '10:00' }))
  await theatre.updateRoom(room, { hours })
  await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(9), capacity: 300 })
}

test('a case keeps the overridden rules that it still breaks, and no others', async ({ database, scene }) => {
  await aClosingRoom(scene)
  const wanted = { startsAt: soonAt(8), minutes: 150, override: longAndLate }
  const { id } = caseOf(await scene.theatre.claimCase(aCase(scene, wanted)))
  // Another surgeon: it breaks both rules as before.
  const { id: surgeonId } = await aDoctor(database, scene.clinic)
  expect(await move(scene, id, { surgeonId })).toMatchObject({ kind: 'done', case: { override: longAndLate } })
  // It ends while the room is open, and still after its block.
  expect(await move(scene, id, { minutes: 90 })).toMatchObject({
    kind: 'done',
    case: { override: { rules: ['block_overrun'], reason: 'Transplant' } },
  })
  expect(await move(scene, id, { minutes: 150 })).toMatchObject({
    kind: 'refused',
    conflicts: [{ kind: 'outside_hours' }],
  })
  expect(await move(scene, id, { minutes: 60 })).toMatchObject({ kind: 'done', case: { override: null } })
  expect(await move(scene, id, { minutes: 90 })).toMatchObject({
    kind: 'refused',
    conflicts: [{ kind: 'block_overrun' }],
  })
  expect(await scene.theatre.case(id)).toMatchObject({ minutes: 60, override: null })
  expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('a new case keeps only the overridden rules that it breaks', async ({ database, scene }) => {
  await aClosingRoom(scene)
  const fits = { startsAt: soonAt(8), minutes: 60, override: longAndLate }
  const { id, override } = caseOf(await scene.theatre.claimCase(aCase(scene, fits)))
  expect(override).toBeNull()
  expect(await move(scene, id, { minutes: 90 })).toMatchObject({
    kind: 'refused',
    conflicts: [{ kind: 'block_overrun' }],
  })
  expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
})

test('a case that gets another room or time loses its override, also for a while', async ({ scene }) => {
  await aClosingRoom(scene)
  const other = await aRoom(scene.theatre, scene.clinic)
  const { id } = caseOf(await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(10), override: late })))
  expect(await move(scene, id, { roomId: other })).toMatchObject({ kind: 'done', case: { override: null } })
  const back = { roomId: scene.room }
  expect(await move(scene, id, back)).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'outside_hours' }] })
  const again: RuleOverride = { rules: ['block_overrun', 'outside_hours'], reason: 'Another one' }
  expect(await move(scene, id, back, again)).toMatchObject({
    kind: 'done',
    case: { override: { rules: ['outside_hours'], reason: 'Another one' } },
  })
})

test('a case without the equipment that its surgeon prefers needs a reason, which is logged', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  const other = await someEquipment(theatre, clinic, { name: 'Microscope' })
  const surgeonId = await someStaff(theatre, clinic, 'surgeon', { preferredEquipmentIds: [robot, other] })
  const missing = [
    { kind: 'preferred_equipment', resourceId: other, name: 'Microscope' },
    { kind: 'preferred_equipment', resourceId: robot, name: 'Robot' },
  ]
  const claim = (change: Partial<ClaimCaseRequest>) => theatre.claimCase(aCase(scene, { surgeonId, ...change }))
  expect(await claim({})).toMatchObject({ kind: 'refused', conflicts: missing })
  const equipment = [{ equipmentId: robot, units: 1 }]
  expect(await claim({ equipment })).toMatchObject({ kind: 'refused', conflicts: [missing[0]] })
  const override: RuleOverride = { rules: ['preferred_equipment'], reason: 'The microscope is in repair' }
  const { id } = caseOf(await claim({ equipment, override }))
  expect((await theatre.case(id))?.override).toEqual(override)
  // Both, or what is in use no longer: nothing is overridden.
  const both = [...equipment, { equipmentId: other, units: 1 }]
  const complete = await claim({ startsAt: soonAt(11), equipment: both, override })
  expect(complete).toMatchObject({ kind: 'booked', case: { override: null } })
  await theatre.updateEquipment(other, { active: false, withCases: true })
  expect(await claim({ startsAt: soonAt(13), equipment, override })).toMatchObject({ case: { override: null } })
  const { rows } = await database.ownerPool.query(sql`
    select booking_id, case_details->'override' as override from holdfast.booking_event
     where clinic_no = ${clinic.no} and case_details ? 'override'`)
  expect(rows).toEqual([{ booking_id: id, override }])
})

freshTest('negative control: without needed_override, an old reason allows a breach', async ({ database }) => {
  await plantFunction(database, 'needed_override', { part: 'begin', becomes: `begin return p_plan->'override';` })
  const scene = await aTheatre(database)
  await aClosingRoom(scene)
  const wanted = { startsAt: soonAt(8), minutes: 150, override: longAndLate }
  const { id } = caseOf(await scene.theatre.claimCase(aCase(scene, wanted)))
  await move(scene, id, { minutes: 60 })
  expect(await move(scene, id, { minutes: 150 })).toMatchObject({ kind: 'done' })
})
