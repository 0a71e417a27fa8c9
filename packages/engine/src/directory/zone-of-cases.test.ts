import { holdLock, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aCase, aTheatre, caseOf } from '../../test/theatre.ts'

/** A case of a request, whose claim has locked its resources and waits to be stored. Nothing else is in the theatre. */
async function aCaseInFlight(database: TestDatabase) {
  const { theatre, clinic, engine, ...resources } = await aTheatre(database)
  const claim = aCase({ clinic, ...resources })
  const { patient, service, procedure, surgeonId } = claim
  const wanted = { patient, service, procedure, surgeonId, minutes: 60, urgency: 'elective' as const, equipment: [] }
  const none = { dueOn: null, roomId: null, anaesthetistId: null, staffIds: [], note: null }
  const by = { createdBy: null, mayChangePatient: true }
  const created = await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
  const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
  const storing = await holdLock(database.ownerPool, 'lock table holdfast.allocation in share mode')
  const claiming = theatre.claimCase({ ...claim, requestId })
  await untilLockWaiters(database, 1)
  return { clinic, engine, claiming, storing }
}

test('another time zone waits for cases that are being claimed, and counts them', async ({ database }) => {
  const { clinic, engine, claiming, storing } = await aCaseInFlight(database)
  const changing = engine.directory.updateClinic(clinic.id, { timezone: 'Asia/Tokyo' })
  await storing.releaseOnce(2)
  expect(caseOf(await claiming)).toMatchObject({ status: 'PENDING' })
  expect(await changing).toMatchObject({ kind: 'time_zone_in_use', slots: 1, takenSlots: 1 })
})

test('a change that keeps the time zone does not wait for them', async ({ database }) => {
  const { clinic, engine, claiming, storing } = await aCaseInFlight(database)
  const change = { timezone: clinic.timezone, name: 'Renamed' }
  expect(await engine.directory.updateClinic(clinic.id, change)).toMatchObject({ kind: 'done' })
  await storing.release()
  expect(caseOf(await claiming)).toMatchObject({ status: 'PENDING' })
})
