import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

test('the list names who waits for a time that only the clinic’s people can book', async ({ database, rest }) => {
  const clinic = await aClinic(database, { settings: { minimumNoticeMinutes: 3 * 1440 } })
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 86_400_000) })
  const booking = await aBooking(database, slot)
  const as = await rest.aMember(clinic.no, 'staff')
  const day = slot.startsAt.toISOString().slice(0, 10)
  const wanted = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient: { name: 'Grace Hopper' } }
  expect((await rest.call('createWaitlistEntry', { body: wanted })).status).toBe(201)
  const listed = async () => (await rest.call('listWaitlistEntries', { as, path: { clinicId: clinic.id } })).body.items
  expect(await listed()).toMatchObject([{ hasFreeTimes: false, hasDeskTimes: false }])
  await rest.call('cancelBooking', { as, path: { bookingId: booking.id } })
  expect(await listed()).toMatchObject([{ status: 'waiting', hasFreeTimes: false, hasDeskTimes: true }])
})
