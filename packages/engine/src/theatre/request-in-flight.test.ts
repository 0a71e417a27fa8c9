import { plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { confirmInFlight, endHold } from '../../test/confirm-in-flight.ts'
import { aCase, aRoom, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { verify } from '../verify/verify.ts'

/** A request whose case is being confirmed: its hold has ended, and the confirmation is not committed. */
async function aRequestInFlight(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const claim = aCase(scene)
  const { patient, service, procedure, surgeonId } = claim
  const wanted = { patient, service, procedure, surgeonId, minutes: 60, urgency: 'elective' as const, equipment: [] }
  const none = { dueOn: null, roomId: null, anaesthetistId: null, staffIds: [], note: null }
  const by = { createdBy: null, mayChangePatient: true }
  const created = await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
  const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
  const { id } = caseOf(await theatre.claimCase({ ...claim, requestId }))
  await endHold(database, { id })
  expect(await theatre.caseRequest(requestId)).toMatchObject({ status: 'open' })
  const commit = await confirmInFlight(database, { id })
  // In another room, so that only the request is common to both.
  const room = await aRoom(theatre, clinic, { name: 'Room 2' })
  const claimAnother = () => theatre.claimCase(aCase({ ...scene, room }, { requestId, patient, startsAt: soonAt(12) }))
  return { theatre, id, requestId, commit, claimAnother, found: () => verify(database.ownerPool, allOf(clinic.no)) }
}

const allOf = (clinicNo: number) => ({ clinicNo, detailsMax: 9 })

/** The case and its request are judged without their locks. */
const judgeWithoutLock = (database: TestDatabase) =>
  Promise.all([
    plantFunction(database, 'lock_open_request', {
      part: 'v_bookings := lock_bookings(array[p_clinic_no], array[p_case_id])',
      becomes: 'v_bookings := array(select b from bookings_by_id(array[p_clinic_no], array[p_case_id]) b)',
    }),
    plantFunction(database, 'schedule_cases', { part: ' || v_former_id', becomes: '' }),
  ])

test('a request whose case is confirmed at the last moment gets no second case', async ({ database }) => {
  const { theatre, id, requestId, commit, claimAnother, found } = await aRequestInFlight(database)
  const claiming = claimAnother()
  await untilLockWaiters(database, 1)
  await commit()
  expect(await claiming).toEqual({ kind: 'request_missing' })
  expect(await theatre.caseRequest(requestId)).toMatchObject({ status: 'scheduled', caseId: id })
  expect(await found()).toMatchObject({ mismatches: 0 })
})

test('negative control: judged without the lock, it gets two, and verify finds it', async ({ database }) => {
  const { id, commit, claimAnother, found } = await aRequestInFlight(database)
  await judgeWithoutLock(database)
  expect(await claimAnother()).toMatchObject({ kind: 'booked' })
  await commit()
  expect((await found()).details).toEqual([
    expect.objectContaining({ kind: 'case_differs', bookingId: id, message: expect.stringContaining('its request') }),
  ])
})

test('a request whose case is confirmed at the last moment is not withdrawn', async ({ database }) => {
  const { theatre, requestId, commit } = await aRequestInFlight(database)
  const withdrawing = theatre.withdrawCaseRequest(requestId)
  await untilLockWaiters(database, 1)
  await commit()
  expect(await withdrawing).toBe(false)
  expect(await theatre.caseRequest(requestId)).toMatchObject({ status: 'scheduled' })
})

test('negative control: judged without the lock, it is', async ({ database }) => {
  const { theatre, requestId, commit } = await aRequestInFlight(database)
  await judgeWithoutLock(database)
  expect(await theatre.withdrawCaseRequest(requestId)).toBe(true)
  await commit()
})
