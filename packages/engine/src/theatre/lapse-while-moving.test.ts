import { aDoctor, holdSlotLock, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aBlock, aCase, aRoom, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'

/** Moves a case into the way of a hold that ends while the move waits for its block; and again when it has ended. */
async function moveWhileHoldEnds(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  const equipment = [{ equipmentId: robot, units: 1 }]
  const held = caseOf(await theatre.claimCase(aCase(scene, { equipment })))
  const other = { clinic, room: await aRoom(theatre, clinic), surgeon: await aDoctor(database, clinic) }
  await aBlock(theatre, other.room, { startsAt: soonAt(9), endsAt: soonAt(17), capacity: 480 })
  const { id: caseId, blockId } = caseOf(await theatre.claimCase(aCase(other, { startsAt: soonAt(14), equipment })))
  const change = { startsAt: soonAt(9) }
  const move = () => theatre.moveCase({ caseId, change, override: null, actorId: null, key: null })

  const lock = await holdSlotLock(database, { clinicNo: clinic.no, id: blockId ?? '' })
  const waiting = move()
  await untilLockWaiters(database, 1)
  await database.ownerPool.query(
    `with ended as (
       update holdfast.booking set hold_expires_at = clock_timestamp() where id = $1 returning slot_id, hold_expires_at
     )
     update holdfast.slot s set next_lapse = e.hold_expires_at from ended e where s.id = e.slot_id`,
    [held.id],
  )
  await lock.release()
  return { held, first: await waiting, second: await move() }
}

test('a hold that ends while a move waits counts as taken, and is free to the next', async ({ database }) => {
  const { held, first, second } = await moveWhileHoldEnds(database)
  expect(first).toMatchObject({ kind: 'refused', conflicts: [{ role: 'equipment', caseId: held.id }] })
  expect(second).toMatchObject({ kind: 'done' })
})

test('negative control: counted as free, it is found taken when the case is placed', async ({ database }) => {
  const planted = { part: /v_now,\s+v_at\);/g, becomes: 'clock_timestamp(), v_at);' }
  await plantFunction(database, 'schedule_cases', planted)
  // The claim notices, and is tried again.
  expect((await moveWhileHoldEnds(database)).first).toMatchObject({ kind: 'done' })
})
