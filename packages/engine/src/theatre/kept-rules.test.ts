import { randomUUID } from 'node:crypto'
import { aDoctor, plantFunction } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aBlock, aCase, aRoom, aTheatre, caseOf, someEquipment, someStaff, soonAt } from '../../test/theatre.ts'
import type { CasePlan, ClaimCaseRequest, RuleOverride } from '../model/theatre-case.ts'
import type { BlockOwner } from '../model/theatre-resource.ts'

const orthopaedics: BlockOwner = { service: 'Orthopaedics', surgeonId: null }
const urology: BlockOwner = { service: 'Urology', surgeonId: null }

/** A theatre with a nurse, and what books and changes a confirmed case in it. */
async function aScene(database: Parameters<typeof aTheatre>[0]) {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const book = async (wanted: Partial<ClaimCaseRequest> = {}) =>
    caseOf(await theatre.claimCase(aCase(scene, { confirm: true, ...wanted }))).id
  const move = (caseId: string, change: Partial<CasePlan>, override: RuleOverride | null = null) =>
    theatre.moveCase({ caseId, change, override, actorId: null, key: randomUUID() })
  return { ...scene, nurse, book, move }
}

const day = { startsAt: soonAt(8), endsAt: soonAt(15), capacity: 420 }
const refused = (kind: string) => ({ kind: 'refused', conflicts: [{ kind }] })

describe('a case that keeps its place, and does not become longer, is not judged again', () => {
  test('by whose the block is', async ({ database }) => {
    const scene = await aScene(database)
    const { theatre, clinic, nurse, move } = scene
    const blockId = await aBlock(scene.theatre, scene.room, day, orthopaedics)
    const id = await scene.book()
    await theatre.changeBlock({ blockId, action: { kind: 'take_over', ...urology }, actorId: null })
    const { id: surgeonId } = await aDoctor(database, clinic)
    for (const change of [{ startsAt: soonAt(11) }, { minutes: 61 }, { surgeonId }]) {
      expect(await move(id, change)).toMatchObject(refused('block_owned'))
    }
    expect(await move(id, { staffIds: [nurse] })).toMatchObject({ kind: 'done', case: { override: null } })
    expect(await move(id, { minutes: 45 })).toMatchObject({ kind: 'done', case: { minutes: 45, blockId } })
    expect(await move(id, { minutes: 60 })).toMatchObject(refused('block_owned'))
  })

  test('by a block that was released and reclaimed, and not in a swap', async ({ database }) => {
    const scene = await aScene(database)
    const { theatre, nurse, book, move } = scene
    const blockId = await aBlock(scene.theatre, scene.room, day, urology)
    const change = (kind: 'release' | 'reclaim') => theatre.changeBlock({ blockId, action: { kind }, actorId: null })
    await change('release')
    const id = await book()
    const other = await book({ startsAt: soonAt(12) })
    await change('reclaim')
    expect(await move(id, { staffIds: [nurse] })).toMatchObject({ kind: 'done' })
    const swap = { caseId: id, otherCaseId: other, override: null, actorId: null, key: randomUUID() }
    expect(await theatre.swapCases(swap)).toMatchObject({ kind: 'refused' })
  })

  test('by when the room is open', async ({ database }) => {
    const { theatre, room, nurse, book, move } = await aScene(database)
    const id = await book()
    await theatre.updateRoom(room, { hours: [] })
    for (const change of [{ startsAt: soonAt(9, 15) }, { minutes: 61 }]) {
      expect(await move(id, change)).toMatchObject(refused('outside_hours'))
    }
    const change = { staffIds: [nurse], minutes: 50 }
    expect(await move(id, change)).toMatchObject({ kind: 'done', case: { override: null } })
  })

  freshDatabaseTest('negative control: without kept_rules, the nurse cannot change', async ({ database }) => {
    await plantFunction(database, 'kept_rules', { part: 'begin', becomes: "begin return '{}';" })
    const { theatre, room, nurse, book, move } = await aScene(database)
    const id = await book()
    await theatre.updateRoom(room, { hours: [] })
    expect(await move(id, { staffIds: [nurse] })).toMatchObject(refused('outside_hours'))
  })
})

test('what a surgeon prefers is judged again only with another surgeon or other equipment', async ({ database }) => {
  const { theatre, clinic, robot, nurse, book, move } = await aScene(database)
  const surgeonId = await someStaff(theatre, clinic, 'surgeon')
  const laser = await someEquipment(theatre, clinic, { name: 'Laser' })
  const particular = await someStaff(theatre, clinic, 'surgeon', { preferredEquipmentIds: [robot] })
  const id = await book({ surgeonId })
  await theatre.updateStaff(surgeonId, { preferredEquipmentIds: [robot] })
  expect(await move(id, { staffIds: [nurse], startsAt: soonAt(11) })).toMatchObject({ kind: 'done' })
  for (const change of [{ surgeonId: particular }, { equipment: [{ equipmentId: laser, units: 1 }] }]) {
    expect(await move(id, change)).toMatchObject(refused('preferred_equipment'))
  }
  const override: RuleOverride = { rules: ['preferred_equipment'], reason: 'In repair' }
  expect(await move(id, { surgeonId: particular }, override)).toMatchObject({ kind: 'done', case: { override } })
  expect(await move(id, { startsAt: soonAt(13) })).toMatchObject({ kind: 'done', case: { override } })
})

test('an override gains no rule that the change does not break, and loses none', async ({ database }) => {
  const { theatre, room, robot, clinic, nurse, book, move } = await aScene(database)
  const surgeonId = await someStaff(theatre, clinic, 'surgeon')
  const id = await book({ surgeonId })
  await theatre.updateRoom(room, { hours: [] })
  const both: RuleOverride = { rules: ['outside_hours', 'preferred_equipment'], reason: 'Both' }
  expect(await move(id, { staffIds: [nurse] }, both)).toMatchObject({ kind: 'done', case: { override: null } })
  const late: RuleOverride = { rules: ['outside_hours'], reason: 'Late' }
  expect(await move(id, { minutes: 70 }, late)).toMatchObject({ kind: 'done', case: { override: late } })
  expect(await move(id, { staffIds: [] })).toMatchObject({ kind: 'done', case: { override: late } })
  const particular = await someStaff(theatre, clinic, 'surgeon', { preferredEquipmentIds: [robot] })
  const other: RuleOverride = { rules: ['preferred_equipment'], reason: 'In repair' }
  expect(await move(id, { surgeonId: particular }, other)).toMatchObject({
    kind: 'done',
    case: { override: { rules: ['preferred_equipment', 'outside_hours'], reason: 'In repair' } },
  })
})

describe('a case with what takes no new cases', () => {
  async function anInactiveCase(database: Parameters<typeof aTheatre>[0]) {
    const scene = await aScene(database)
    const { theatre, clinic, nurse, room } = scene
    const lasers = await someEquipment(theatre, clinic, { name: 'Laser', units: 2 })
    const equipment = [{ equipmentId: lasers, units: 1 }]
    const id = await scene.book({ staffIds: [nurse], equipment })
    const inactive = { active: false, withCases: true }
    await theatre.updateRoom(room, inactive)
    await theatre.updateStaff(nurse, inactive)
    await theatre.updateEquipment(lasers, inactive)
    return { ...scene, id, lasers, equipment }
  }

  test('is changed, and moved out of it', async ({ database }) => {
    const { theatre, clinic, nurse, id, move } = await anInactiveCase(database)
    const second = await someStaff(theatre, clinic, 'nurse')
    expect(await move(id, { startsAt: soonAt(11) })).toMatchObject({ why: 'inactive' })
    expect(await move(id, { staffIds: [nurse, second], minutes: 75 })).toMatchObject({ kind: 'done' })
    expect(await move(id, { staffIds: [second], equipment: [] })).toMatchObject({ kind: 'done' })
    expect(await move(id, { staffIds: [nurse] })).toMatchObject({ path: '/staffIds/0', why: 'inactive' })
    expect(await move(id, { roomId: await aRoom(theatre, clinic) })).toMatchObject({ kind: 'done' })
  })

  test('gets nothing more that is inactive, and no other case does', async ({ database }) => {
    const { theatre, clinic, room, nurse, lasers, id, book, move } = await anInactiveCase(database)
    const inactive = { kind: 'resource_invalid', why: 'inactive' }
    const gone = await someStaff(theatre, clinic, 'nurse', { name: 'Gone' })
    await theatre.updateStaff(gone, { active: false })
    expect(await move(id, { staffIds: [nurse, gone] })).toMatchObject({ ...inactive, name: 'Gone' })
    const more = [{ equipmentId: lasers, units: 2 }]
    expect(await move(id, { equipment: more })).toMatchObject({ ...inactive, name: 'Laser' })
    const other = await book({ roomId: await aRoom(theatre, clinic), startsAt: soonAt(12) })
    expect(await move(other, { roomId: room })).toMatchObject({ ...inactive, path: '/roomId' })
    expect(await move(other, { staffIds: [nurse] })).toMatchObject({ ...inactive, resourceId: nurse })
    const swap = { caseId: id, otherCaseId: other, override: null, actorId: null, key: randomUUID() }
    expect(await theatre.swapCases(swap)).toMatchObject(inactive)
  })
})
