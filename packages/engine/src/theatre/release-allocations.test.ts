import { randomUUID } from 'node:crypto'
import { aWithdrawal, lapseHolds, plantFunction, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCase, type BuiltTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
import type { Case } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

/** Every way in which a case gives back what it takes. The case is held, an hour at nine. */
const ways: Record<string, (scene: BuiltTheatre, held: Case, database: TestDatabase) => Promise<unknown>> = {
  'its hold is released': ({ theatre }, { id }) =>
    theatre.cancelCase({ caseId: id, reasonCode: 'patient', actorId: null, key: randomUUID() }),
  'it is confirmed and cancelled': async ({ theatre }, { id }) => {
    await theatre.confirmCase({ caseId: id, actorId: null, key: randomUUID() })
    await theatre.cancelCase({ caseId: id, reasonCode: 'patient', actorId: null, key: randomUUID() })
  },
  'its hold lapses, and another claim finds it': async ({ clinic }, held, database) =>
    lapseHolds(database, { clinicNo: clinic.no, id: await slotOf(database, held) }),
  'its hold lapses, and the sweep finds it': async ({ clinic }, held, database) => {
    await lapseHolds(database, { clinicNo: clinic.no, id: await slotOf(database, held) })
    await database.appPool.query('select holdfast.expire_holds(1000)')
  },
  'its block is withdrawn': async ({ engine, clinic }, held, database) =>
    engine.withdrawSlots(aWithdrawal(clinic.no, { slotId: await slotOf(database, held) })),
  'it is moved': ({ theatre }, { id }) =>
    theatre.moveCase({
      caseId: id,
      change: { startsAt: soonAt(15) },
      override: null,
      actorId: null,
      key: randomUUID(),
    }),
  'it is bumped, and the emergency cancelled': async (scene, held) => {
    const emergency = aCase(scene, { urgency: 'immediate' })
    const bump = { emergency, bumpedCaseIds: [held.id], reason: 'Ruptured aneurysm' }
    await scene.theatre.bumpCases(bump)
    const { caseId } = emergency
    await scene.theatre.cancelCase({ caseId, reasonCode: 'patient', actorId: null, key: randomUUID() })
  },
}

async function slotOf(database: TestDatabase, { id }: Case): Promise<string> {
  const { rows } = await database.appPool.query<{ slot_id: string }>(sql`select slot_id from holdfast.booking
      where id = ${id}`)
  return rows[0]?.slot_id ?? ''
}

/** Claims for what the case takes, before and after it gave that back; its equipment has one unit. */
async function claimsAround(scene: BuiltTheatre, giveBack: (held: Case) => Promise<unknown>) {
  const request = aCase(scene, { equipment: [{ equipmentId: scene.robot, units: 1 }] })
  const held = caseOf(await scene.theatre.claimCase(request))
  const again = aCase(scene, { equipment: request.equipment, patient: request.patient })
  const before = await scene.theatre.claimCase(again)
  await giveBack(held)
  return { before: before.kind, after: (await scene.theatre.claimCase(again)).kind }
}

describe.each(Object.entries(ways))('everything that a case takes is free at once when %s', (_, giveBack) => {
  test('and the log and the counts agree', async ({ database, scene }) => {
    expect(await claimsAround(scene, (held) => giveBack(scene, held, database))).toEqual({
      before: 'refused',
      after: 'booked',
    })
    const report = await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })
    expect(report).toMatchObject({ overbooked: 0, mismatches: 0, details: [] })
  })

  test('negative control: without release_allocations, nothing is free', async ({ database, scene }) => {
    await plantFunction(database, 'release_allocations', { part: /delete from allocation[^;]*;/, becomes: 'null;' })
    // Two allocations of one unit at a time are impossible, even then.
    const claims = claimsAround(scene, (held) => giveBack(scene, held, database)).catch(String)
    expect(JSON.stringify(await claims)).toMatch(
      /"after":"refused"|counts as free is taken|allocation_no_overlap|allocation_pkey/,
    )
  })
})
