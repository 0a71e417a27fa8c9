import { aDoctor, plantFunction, untilLockWaiters } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import { aCase, aTheatre, caseOf, someStaff, soonAt, freshTest as test } from '../../test/theatre.ts'
import { aTransaction, endHold } from '../../test/theatre-transaction.ts'

const by = { actorId: null, key: null }

describe('what cases have', () => {
  test('is not made inactive, unless the cases are accepted', async ({ scene }) => {
    const { theatre, clinic, room, robot } = scene
    const nurse = await someStaff(theatre, clinic, 'nurse')
    const needs = { staffIds: [nurse], equipment: [{ equipmentId: robot, units: 1 }], confirm: true }
    const one = caseOf(await theatre.claimCase(aCase(scene, needs)))
    const changes = {
      room: (withCases: boolean) => theatre.updateRoom(room, { active: false, name: 'Closed', withCases }),
      staff: (withCases: boolean) => theatre.updateStaff(nurse, { active: false, withCases }),
      equipment: (withCases: boolean) => theatre.updateEquipment(robot, { active: false, withCases }),
    }
    for (const [role, change] of Object.entries(changes)) {
      const use = { kind: 'resource_busy', role, caseId: one.id, from: soonAt(9), to: soonAt(10), unit: 1 }
      expect(await change(false)).toMatchObject({ kind: 'resource_in_use', conflicts: [use] })
    }
    // What is of another kind is not there.
    for (const outcome of [
      await theatre.updateStaff(room, { active: false }),
      await theatre.updateRoom(nurse, { active: false }),
      await theatre.updateEquipment(nurse, { active: false }),
    ]) {
      expect(outcome).toEqual({ kind: 'resource_missing' })
    }
    expect(await theatre.rooms(clinic.no)).toMatchObject([{ name: 'Room 1', active: true }])
    // Other changes need no answer.
    expect(await theatre.updateRoom(room, { name: 'Room 2' })).toMatchObject({ kind: 'done', value: { active: true } })
    for (const change of Object.values(changes)) {
      expect(await change(true)).toMatchObject({ kind: 'done', value: { active: false } })
      // Changes of what is inactive already need none, either.
      expect(await change(false)).toMatchObject({ kind: 'done', value: { active: false } })
    }
    // Changes without cases need none, either.
    await theatre.cancelCase({ ...by, caseId: one.id, reasonCode: 'patient' })
    for (const change of Object.values(changes)) expect(await change(false)).toMatchObject({ kind: 'done' })
  })

  test('is inactive after a lapsed hold, and not while a timely confirmation is committed', async ({ database }) => {
    const scene = await aTheatre(database)
    const { theatre, room } = scene
    const lapsing = caseOf(await theatre.claimCase(aCase(scene, { confirm: false })))
    await endHold(database, lapsing, 0)
    expect(await theatre.updateRoom(room, { active: false })).toMatchObject({ kind: 'done' })
    await theatre.updateRoom(room, { active: true })
    const held = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(12), confirm: false })))
    await endHold(database, held, 2)
    const other = await aTransaction(database)
    await other.theatre.confirmCase({ ...by, caseId: held.id })
    await other.client.query("select pg_sleep_until(clock_timestamp() + interval '2 seconds')")
    const closing = theatre.updateRoom(room, { active: false })
    await untilLockWaiters(database, 1)
    await other.commit()
    expect(await closing).toMatchObject({ kind: 'resource_in_use', conflicts: [{ caseId: held.id }] })
  })

  test.for(['guarded', 'unguarded'])('a claim that is not committed yet counts: %s', async (how, { database }) => {
    const scene = await aTheatre(database)
    const { theatre, clinic, room } = scene
    if (how === 'unguarded') {
      await plantFunction(database, 'resource_uses', {
        part: 'perform lock_resources(p_clinic_no, array[p_resource_id]);',
        becomes: '',
      })
    }
    const other = await aTransaction(database)
    const claim = aCase({ clinic, room, surgeon: await aDoctor(database, clinic) }, { confirm: true })
    expect(await other.theatre.claimCase(claim)).toMatchObject({ kind: 'booked' })
    const closing = theatre.updateRoom(room, { active: false })
    await untilLockWaiters(database, 1)
    await other.commit()
    // The update of the row waits, too, but judges too early.
    const expected = how === 'guarded' ? { kind: 'resource_in_use' } : { kind: 'done' }
    expect(await closing).toMatchObject(expected)
  })
})
