import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { confirmInFlight, endHold } from '../../test/confirm-in-flight.ts'
import type { BookingOrigin } from '../model/booking-limits.ts'
import { newId } from '../model/id.ts'
import { createAdmissions } from './admissions.ts'

/** An address that may book once, whose hold has ended. Its booking may be confirmed without a commit. */
async function aLapsedHold(database: TestDatabase) {
  const clinic = await aClinic(database)
  await database.ownerPool.query('update holdfast.clinic set address_bookings_max = 1 where no = $1', [clinic.no])
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 9 })
  const booking = await aBooking(database, slot, { status: 'PENDING' })
  const origin: BookingOrigin = { kind: 'address', subject: randomUUID() }
  await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
      values (${clinic.no}, ${origin.subject}, ${booking.id}, 'address', now())`)
  await endHold(database, booking)
  const { admit } = createAdmissions(database.appPool, {})
  const claim = () =>
    admit({ bookingId: newId(clinic.no), key: randomUUID(), units: 1, confirm: true, origins: [origin] })
  return { booking, claim }
}

const refused = { kind: 'too_many_bookings', what: 'bookings', max: 1 }

test('a booking that is confirmed at the last moment counts, and nobody waits for it', async ({ database }) => {
  const { booking, claim } = await aLapsedHold(database)
  const commit = await confirmInFlight(database, booking)
  expect(await claim()).toMatchObject(refused)
  await commit()
  expect(await claim()).toMatchObject(refused)
})

test('a hold that has lapsed does not count', async ({ database }) => {
  const { claim } = await aLapsedHold(database)
  expect(await claim()).toEqual({ kind: 'admitted' })
})

test('negative control: judged without the lock, the limit is exceeded', async ({ database }) => {
  const { booking, claim } = await aLapsedHold(database)
  await plantFunction(database, 'count_origins', {
    part: 'v_locked_ids := lock_free_bookings(p_clinic_no, v_locked_ids);',
    becomes: '',
  })
  const commit = await confirmInFlight(database, booking)
  expect(await claim()).toEqual({ kind: 'admitted' })
  await commit()
})
