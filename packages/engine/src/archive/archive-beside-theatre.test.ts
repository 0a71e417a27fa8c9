import { aDoctor, aSlot, plantFunction, shiftSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { archive, book, fileOf, findings, old, test } from '../../test/old-month.ts'
import { aBlock, aCase, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { restoreMonth } from './restore-month.ts'

/** An appointment and a completed case in a block, both of the month eight months ago. */
async function anOldMonth(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  await aBlock(theatre, room, { startsAt: soonAt(9), endsAt: soonAt(16), capacity: 420 })
  const done = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const by = { caseId: done.id, actorId: null, key: null, isTrial: true }
  await theatre.recordMilestone({ ...by, milestone: 'in_room', at: soonAt(9) })
  await theatre.recordMilestone({ ...by, milestone: 'out_of_room', at: soonAt(10) })
  const block = { clinicNo: clinic.no, id: done.blockId ?? '' }
  await shiftSlot(database, block, (old.getTime() - soonAt(9).getTime()) / 60_000)
  // So that nothing but its room keeps it.
  await database.ownerPool.query('delete from holdfast.idempotency')
  await database.ownerPool.query(`update holdfast.booking set created_at = created_at - interval '8 months',
      updated_at = updated_at - interval '8 months'`)
  await database.ownerPool.query("update holdfast.booking_event set at = at - interval '8 months'")
  await database.ownerPool.query("update holdfast.slot set created_at = created_at - interval '8 months'")
  const slot = await aSlot(database, await aDoctor(database, clinic), { startsAt: old })
  await book(database, slot, { status: 'COMPLETED' })
  return { theatre, clinic, done, slots: { block: block.id, appointment: slot.id } }
}

async function slotIdsOf(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ id: string }>('select id from holdfast.slot')
  return rows.map(({ id }) => id)
}

test('a month leaves without its cases: blocks and cases stay, whole', async ({ database, directory }) => {
  const { theatre, done, slots } = await anOldMonth(database)
  const before = await theatre.case(done.id)
  expect((await archive(database, directory))?.counts).toMatchObject({ slot: 1, booking: 1 })
  expect(await slotIdsOf(database)).toEqual([slots.block])
  expect(await theatre.case(done.id)).toEqual(before)
  expect(before?.allocations).not.toEqual([])
  expect(await findings(database)).toEqual([])
  await restoreMonth(database.ownerPool, fileOf(directory))
  expect(new Set(await slotIdsOf(database))).toEqual(new Set([slots.block, slots.appointment]))
  expect(await findings(database)).toEqual([])
})

test('negative control: without the condition, verify finds cases and no booking', async ({ database, directory }) => {
  await anOldMonth(database)
  await plantFunction(database, 'archive_slots', { part: "r.kind = 'doctor'", becomes: 'true' })
  await archive(database, directory).catch(() => undefined)
  expect((await findings(database)).map(({ kind }) => kind)).toContain('case_differs')
})
