import { plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aCase, aCaseRequest, aRoom, aTheatre, caseOf, someEquipment, someStaff, soonAt } from '../../test/theatre.ts'
import { aTransaction } from '../../test/theatre-transaction.ts'
import { newId } from '../model/id.ts'

const dayOf = (hours: number) => soonAt(hours).toISOString().slice(0, 10)

async function aWaiting(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const hybrid = await aRoom(theatre, clinic, { name: 'Hybrid' })
  const claim = aCase(scene)
  const requestId = await aCaseRequest(scene, claim, { roomId: hybrid, dueOn: dayOf(24), note: 'Fasting' })
  return { ...scene, hybrid, requestId, claim: { ...claim, requestId } }
}

test('an open request is corrected, in all but its patient, and what is not sent stays', async ({ database }) => {
  const { theatre, clinic, room, robot, requestId, announced } = await aWaiting(database)
  const before = await theatre.caseRequest(requestId)
  const [surgeonId, nurse] = [await someStaff(theatre, clinic, 'surgeon'), await someStaff(theatre, clinic, 'nurse')]
  announced.length = 0
  const few = { roomId: room, note: null }
  expect(await theatre.changeCaseRequest(requestId, 1, few)).toEqual({ kind: 'done' })
  expect(await theatre.caseRequest(requestId)).toEqual({ ...before, ...few, version: 2 })
  expect(announced).toHaveLength(1)
  const rest = {
    service: 'Urology',
    procedure: { code: '1', display: 'Another' },
    minutes: 90,
    urgency: 'urgent' as const,
    dueOn: dayOf(48),
    surgeonId,
    anaesthetistId: await someStaff(theatre, clinic, 'anaesthetist'),
    staffIds: [nurse],
    equipment: [{ equipmentId: robot, units: 1 }],
  }
  expect(await theatre.changeCaseRequest(requestId, 2, rest)).toEqual({ kind: 'done' })
  expect(await theatre.caseRequest(requestId)).toEqual({ ...before, ...few, ...rest, version: 3 })
  const none = { roomId: null, surgeonId: null, anaesthetistId: null, dueOn: null, staffIds: [], equipment: [] }
  expect(await theatre.changeCaseRequest(requestId, 3, none)).toEqual({ kind: 'done' })
  expect(await theatre.caseRequest(requestId)).toMatchObject(none)
})

test('a repetition changes nothing, and the change of somebody else is not overwritten', async ({ database }) => {
  const { theatre, requestId } = await aWaiting(database)
  const change = { minutes: 90 }
  expect(await theatre.changeCaseRequest(requestId, 1, change)).toEqual({ kind: 'done' })
  expect(await theatre.changeCaseRequest(requestId, 1, change)).toEqual({ kind: 'unchanged' })
  expect(await theatre.changeCaseRequest(requestId, 1, { minutes: 30 })).toEqual({
    kind: 'case_request_changed',
    version: 2,
  })
  const outcomes = await Promise.all([40, 50].map((minutes) => theatre.changeCaseRequest(requestId, 2, { minutes })))
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['case_request_changed', 'done'])
})

test('what does not exist, is inactive, or is over is refused; what was inactive before stays', async ({
  database,
}) => {
  const { theatre, clinic, room, hybrid, robot, requestId } = await aWaiting(database)
  const laser = await someEquipment(theatre, clinic, { name: 'Laser' })
  const change = (fields: Parameters<typeof theatre.changeCaseRequest>[2]) =>
    theatre.changeCaseRequest(requestId, 1, fields)
  const nobody = newId(clinic.no)
  const invalid = { kind: 'resource_invalid', name: null }
  expect(await change({ surgeonId: nobody })).toEqual({
    ...invalid,
    path: '/surgeonId',
    resourceId: nobody,
    why: 'missing',
  })
  expect(await change({ roomId: robot })).toMatchObject({ ...invalid, path: '/roomId', why: 'missing' })
  for (const id of [room, hybrid]) await theatre.updateRoom(id, { active: false })
  await theatre.updateEquipment(laser, { active: false })
  expect(await change({ roomId: room })).toMatchObject({ path: '/roomId', name: 'Room 1', why: 'inactive' })
  const equipment = [{ equipmentId: laser, units: 1 }]
  expect(await change({ equipment })).toMatchObject({ path: '/equipment/0/equipmentId', name: 'Laser' })
  expect(await change({ dueOn: '2026-01-01' })).toEqual({ kind: 'due_in_past' })
  expect(await change({ minutes: 90, roomId: hybrid })).toEqual({ kind: 'done' })
  // It was due before, and is corrected in another field.
  await database.ownerPool.query(`update holdfast.case_request set due_on = '2026-01-01' where id = $1`, [requestId])
  expect(await theatre.changeCaseRequest(requestId, 2, { minutes: 80, dueOn: '2026-01-01' })).toEqual({ kind: 'done' })
})

test('a request with a case, or that was withdrawn, is not corrected; one that is open again is', async ({
  database,
}) => {
  const { theatre, room, requestId, claim } = await aWaiting(database)
  const { id } = caseOf(await theatre.claimCase({ ...claim, roomId: room, urgency: 'urgent', confirm: true }))
  expect(await theatre.changeCaseRequest(requestId, 2, { minutes: 90 })).toEqual({ kind: 'request_scheduled' })
  await theatre.cancelCase({ caseId: id, reasonCode: 'patient', actorId: null, key: null })
  expect(await theatre.changeCaseRequest(requestId, 1, { minutes: 90 })).toMatchObject({ version: 2 })
  expect(await theatre.changeCaseRequest(requestId, 2, { minutes: 90 })).toEqual({ kind: 'done' })
  await theatre.withdrawCaseRequest(requestId)
  expect(await theatre.changeCaseRequest(requestId, 3, { minutes: 60 })).toEqual({ kind: 'request_missing' })
  expect(await theatre.changeCaseRequest(newId(1), 1, { minutes: 60 })).toEqual({ kind: 'request_missing' })
})

/** A claim in a room that the request needs no longer, by a correction that commits after the claim has begun. */
async function claimDuringCorrection(database: TestDatabase) {
  const { theatre, room, hybrid, requestId, claim } = await aWaiting(database)
  const other = await aTransaction(database)
  expect(await other.theatre.changeCaseRequest(requestId, 1, { roomId: room })).toEqual({ kind: 'done' })
  const claiming = theatre.claimCase({ ...claim, roomId: hybrid })
  await untilLockWaiters(database, 1)
  await other.commit()
  return claiming
}

test('a claim is judged by the room that its request needs once it is locked', async ({ database }) => {
  expect(await claimDuringCorrection(database)).toMatchObject({
    kind: 'refused',
    conflicts: [{ kind: 'room_not_requested', name: 'Room 1' }],
  })
})

freshDatabaseTest('negative control: judged before the lock, it gets the former room', async ({ database }) => {
  const lock = `if v_is_new and v_plan->>'requestId' is not null
       and lock_open_request(p_clinic_no, (v_plan->>'requestId')::uuid, p_former_id, p_now) is not true then
      return;
    end if;`
  await plantFunction(database, 'place_cases', { part: lock, becomes: '' })
  await plantFunction(database, 'place_cases', { part: 'if v_is_new then\n', becomes: `if v_is_new then\n${lock}\n` })
  expect(await claimDuringCorrection(database)).toMatchObject({ kind: 'booked' })
})
