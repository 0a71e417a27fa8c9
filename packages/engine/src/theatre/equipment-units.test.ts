import { aDoctor, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { aTransaction, endHold } from '../../test/theatre-transaction.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

const by = { actorId: null, key: null }

/** A confirmed case that takes units of the robot, in a room and with a surgeon that nobody else has. */
async function aRobotCase(
  database: TestDatabase,
  { theatre, clinic, robot }: BuiltTheatre,
  change: Partial<ClaimCaseRequest> = {},
  units = 1,
): Promise<ClaimCaseRequest> {
  const place = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  return aCase(place, { confirm: true, equipment: [{ equipmentId: robot, units }], ...change })
}

/** Three robots, of which a case of two hours has the third, and nobody the others any more. */
async function aThirdUnit(database: TestDatabase, change: Partial<ClaimCaseRequest> = {}) {
  const scene = await aTheatre(database)
  const { theatre, robot } = scene
  await theatre.updateEquipment(robot, { units: 3 })
  const first = caseOf(await theatre.claimCase(await aRobotCase(database, scene, {}, 2)))
  const third = caseOf(await theatre.claimCase(await aRobotCase(database, scene, { minutes: 120, ...change })))
  expect(third.allocations.find(({ kind }) => kind === 'equipment')).toMatchObject({ unit: 3 })
  await theatre.cancelCase({ ...by, caseId: first.id, reasonCode: 'patient' })
  return { scene, third }
}

async function findings(database: TestDatabase, { clinic }: BuiltTheatre): Promise<string[]> {
  const { details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
  return details.map(({ message }) => message)
}

describe('fewer units of equipment', () => {
  test('are refused while a case to come has one of the others, and the case is named', async ({ database }) => {
    const { scene, third } = await aThirdUnit(database)
    const { theatre, clinic, robot } = scene
    expect(await theatre.updateEquipment(robot, { units: 2, name: 'Arm' })).toEqual({
      kind: 'units_in_use',
      conflicts: [
        {
          kind: 'resource_busy',
          role: 'equipment',
          resourceId: robot,
          name: 'Robot',
          unit: 3,
          from: soonAt(9),
          to: soonAt(11),
          caseId: third.id,
          slotId: null,
        },
      ],
    })
    expect(await theatre.equipment(clinic.no)).toMatchObject([{ name: 'Robot', units: 3 }])
    // A case that is moved gets the lowest units that are free.
    await theatre.moveCase({ ...by, caseId: third.id, change: { startsAt: soonAt(14) }, override: null })
    const changed = await theatre.updateEquipment(robot, { units: 2, name: 'Arm' })
    expect(changed).toMatchObject({ kind: 'done', value: { name: 'Arm', units: 2 } })
    expect(await findings(database, scene)).toEqual([])
  })

  test('are refused while a case in progress has one of the others, also past its plan', async ({ database }) => {
    const { scene, third } = await aThirdUnit(database)
    const arrived = { ...by, milestone: 'in_room', at: soonAt(9), isTrial: true } as const
    await scene.theatre.recordMilestone({ ...arrived, caseId: third.id })
    await database.ownerPool.query(sql`
      update holdfast.allocation set during = tstzrange(now() - interval '2 hours', now() - interval '1 hour')
       where booking_id = ${third.id}`)
    expect(await scene.theatre.updateEquipment(scene.robot, { units: 2 })).toMatchObject({ kind: 'units_in_use' })
  })

  test.for(['lapsed', 'cancelled', 'over'])('are accepted when such a case is %s', async (what, { database }) => {
    const { scene, third } = await aThirdUnit(database, { confirm: what !== 'lapsed' })
    const { theatre, robot } = scene
    if (what === 'lapsed') await endHold(database, third, 0)
    else if (what === 'cancelled') await theatre.cancelCase({ ...by, caseId: third.id, reasonCode: 'patient' })
    else {
      await database.ownerPool.query(sql`
        update holdfast.allocation set during = tstzrange(now() - interval '2 hours', now() - interval '1 hour')
         where booking_id = ${third.id}`)
    }
    expect(await theatre.updateEquipment(robot, { units: 2 })).toMatchObject({ kind: 'done' })
  })

  test('wait for a hold whose confirmation in time is not committed yet', async ({ database }) => {
    const { scene, third } = await aThirdUnit(database, { confirm: false })
    await endHold(database, third, 2)
    const other = await aTransaction(database)
    await other.theatre.confirmCase({ ...by, caseId: third.id })
    await other.client.query("select pg_sleep_until(clock_timestamp() + interval '2 seconds')")
    const reducing = scene.theatre.updateEquipment(scene.robot, { units: 2 })
    await untilLockWaiters(database, 1)
    await other.commit()
    expect(await reducing).toMatchObject({ kind: 'units_in_use', conflicts: [{ caseId: third.id }] })
    expect(await findings(database, scene)).toEqual([])
  })

  test('of equipment that is not there change nothing', async ({ database }) => {
    const { theatre, room } = await aTheatre(database)
    for (const id of [room, 'robot']) {
      expect(await theatre.updateEquipment(id, { units: 2 })).toEqual({ kind: 'resource_missing' })
    }
  })
})

describe('a reduction beside a claim', () => {
  /** Two robots; one is in a case. */
  async function aSecondUnit(database: TestDatabase) {
    const scene = await aTheatre(database)
    await scene.theatre.updateEquipment(scene.robot, { units: 2 })
    await scene.theatre.claimCase(await aRobotCase(database, scene))
    return { scene, claim: await aRobotCase(database, scene) }
  }

  test('waits for the claim, and is refused by its case', async ({ database }) => {
    const { scene, claim } = await aSecondUnit(database)
    const other = await aTransaction(database)
    expect(await other.theatre.claimCase(claim)).toMatchObject({ kind: 'booked' })
    const reducing = scene.theatre.updateEquipment(scene.robot, { units: 1 })
    await untilLockWaiters(database, 1)
    await other.commit()
    expect(await reducing).toMatchObject({ kind: 'units_in_use', conflicts: [{ caseId: claim.caseId }] })
    expect(await findings(database, scene)).toEqual([])
  })

  test('that comes first leaves no unit to the claim', async ({ database }) => {
    const { scene, claim } = await aSecondUnit(database)
    const { client, commit } = await aTransaction(database)
    await client.query('select * from holdfast.set_equipment_units($1, $2, 1)', [scene.clinic.no, scene.robot])
    const claiming = scene.theatre.claimCase(claim)
    await untilLockWaiters(database, 1)
    await commit()
    expect(await claiming).toMatchObject({ kind: 'refused', conflicts: [{ kind: 'resource_busy', unit: 1 }] })
    expect(await findings(database, scene)).toEqual([])
  })

  test('negative control: without the lock, verify finds more units in cases than there are', async ({ database }) => {
    await plantFunction(database, 'resource_uses', {
      part: 'perform lock_resources(p_clinic_no, array[p_resource_id]);',
      becomes: '',
    })
    const { scene, claim } = await aSecondUnit(database)
    const other = await aTransaction(database)
    await other.theatre.claimCase(claim)
    // The row's own lock would make it wait at last, after the check.
    const reducing = scene.theatre.updateEquipment(scene.robot, { units: 1 })
    await untilLockWaiters(database, 1)
    await other.commit()
    expect(await reducing).toMatchObject({ kind: 'done' })
    expect(await findings(database, scene)).not.toEqual([])
  })
})

describe('units that were reduced all the same', () => {
  async function aReductionByHand(database: TestDatabase) {
    const built = await aThirdUnit(database)
    await database.ownerPool.query('update holdfast.resource set units = 2 where id = $1', [built.scene.robot])
    return built
  }

  test('are found by verify: a unit beyond them, and more at a time than there are', async ({ database }) => {
    const { scene, third } = await aReductionByHand(database)
    const beyond = [expect.stringMatching(/^it takes unit 3 of equipment .*, and there are 2$/)]
    expect(await findings(database, scene)).toEqual(beyond)
    await database.ownerPool.query('update holdfast.resource set units = 3 where id = $1', [scene.robot])
    await scene.theatre.claimCase(await aRobotCase(database, scene, {}, 2))
    await database.ownerPool.query('update holdfast.resource set units = 2 where id = $1', [scene.robot])
    const found = await findings(database, scene)
    expect(found).toEqual(expect.arrayContaining([expect.stringContaining(': 3 units are taken at'), ...beyond]))
    expect(third.endsAt).toEqual(soonAt(11))
  })

  test('count for a claim: two units have one case beside the third', async ({ database }) => {
    const { scene, third } = await aReductionByHand(database)
    const { theatre } = scene
    const both = await aRobotCase(database, scene, {}, 2)
    expect(await theatre.claimCase(both)).toMatchObject({
      kind: 'refused',
      conflicts: [{ kind: 'resource_busy', unit: 3, caseId: third.id }],
    })
    const beside = caseOf(await theatre.claimCase(await aRobotCase(database, scene)))
    expect(beside.allocations).toContainEqual(expect.objectContaining({ kind: 'equipment', unit: 1 }))
    expect(await theatre.claimCase(await aRobotCase(database, scene))).toMatchObject({
      kind: 'refused',
      conflicts: [{ unit: 1 }, { unit: 3 }],
    })
  })

  test('count for the choice of units, should the check of conflicts miss them', async ({ database }) => {
    await plantFunction(database, 'case_conflicts', {
      part: 'and a.booking_id <> all (v_gone_ids)',
      becomes: 'and a.booking_id <> all (v_gone_ids) and a.unit_no <= n.units_max',
    })
    const { scene } = await aReductionByHand(database)
    const both = await aRobotCase(database, scene, {}, 2)
    expect(await scene.theatre.claimCase(both)).toMatchObject({ kind: 'refused', conflicts: [{ role: 'equipment' }] })
  })

  test('negative control: without both, verify finds one unit in two cases', async ({ database }) => {
    await plantFunction(database, 'case_conflicts', {
      part: 'and a.booking_id <> all (v_gone_ids)',
      becomes: 'and a.booking_id <> all (v_gone_ids) and a.unit_no <= n.units_max',
    })
    await plantFunction(database, 'allocate', { part: 'n.units_max - (', becomes: 'n.units_max - 0 * (' })
    const { scene } = await aReductionByHand(database)
    await scene.theatre.claimCase(await aRobotCase(database, scene, {}, 2))
    const found = await findings(database, scene)
    expect(found).toContainEqual(expect.stringContaining(': 3 units are taken at'))
  })
})
