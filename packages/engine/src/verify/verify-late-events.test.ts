import { aBooking, aClinic, aDoctor, ageBooking, aSlot } from '@holdfast/testkit'
import { agedDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { verify } from './verify.ts'

const test = agedDatabaseTest(3)

test.for([40, 100])('copy_differs: no copy of a change to a booking of %i days ago', async (days, { database }) => {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const booking = await ageBooking(database, await aBooking(database, slot), days)
  const by = { action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null } as const
  await runSettleBatch(database.appPool, [{ bookingId: booking.id, ...by }])
  const findings = async () => (await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details
  expect(await findings()).toEqual([])
  await database.ownerPool.query('delete from holdfast.late_event where booking_id = $1', [booking.id])
  expect(await findings()).toMatchObject([
    { kind: 'copy_differs', bookingId: booking.id, message: expect.stringContaining('version 3: the event is late') },
  ])
})
