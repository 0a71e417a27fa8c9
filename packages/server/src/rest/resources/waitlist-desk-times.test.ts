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
  expect(await listed()).toMatchObject([
    { status: 'waiting', hasFreeTimes: false, hasDeskTimes: true, bookedSince: null },
  ])
})

test('the list shows the appointment that the desk has booked for who waits', async ({ database, rest, clinic }) => {
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 86_400_000) })
  await aSlot(database, doctor, { startsAt: new Date(slot.startsAt.getTime() + 1_800_000) })
  const as = await rest.aMember(clinic.no, 'staff')
  const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
  const day = slot.startsAt.toISOString().slice(0, 10)
  const wanted = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient, onBehalf: true }
  expect((await rest.call('createWaitlistEntry', { as, body: wanted })).status).toBe(201)
  const listed = async () => (await rest.call('listWaitlistEntries', { as, path: { clinicId: clinic.id } })).body.items
  expect(await listed()).toMatchObject([{ hasFreeTimes: true, bookedSince: null }])
  const body = { slotId: slot.id, patient, confirm: true, onBehalf: true }
  const { id } = (await rest.call('createBooking', { as, body })).body
  expect(await listed()).toMatchObject([
    { status: 'waiting', bookedSince: { bookingId: id, startsAt: slot.startsAt.toISOString() } },
  ])
})

test('who waits is found by name, number or reference, and the search is logged', async ({ rest, clinic, doctor }) => {
  const as = await rest.aMember(clinic.no, 'staff')
  const wanted = { clinicId: clinic.id, doctorId: doctor.id, from: '2099-01-01', to: '2099-12-31', onBehalf: true }
  const add = async (patient: { name: string; phone: string }) =>
    (await rest.call('createWaitlistEntry', { as, body: { ...wanted, patient } })).body.id
  const grace = await add({ name: 'Grace Höpper', phone: '+49 171 2345678' })
  const ada = await add({ name: 'Ada Lovelace', phone: '030 4711' })
  const found = async (q: string) => {
    const { body } = await rest.call('listWaitlistEntries', { as, path: { clinicId: clinic.id }, query: { q } })
    return body.items.map(({ id }) => id)
  }
  expect(await found('hopper grace')).toEqual([grace])
  expect(await found('0171 234')).toEqual([grace])
  expect(await found('+49 30 4711')).toEqual([ada])
  expect(await found(ada)).toEqual([ada])
  expect(await found(ada.slice(-8))).toEqual([ada])
  expect(await found('nobody')).toEqual([])
  expect(await found('')).toEqual([grace, ada])
  expect(rest.audited.filter(({ clinicNo }) => clinicNo === clinic.no)).toContainEqual(
    expect.objectContaining({ kind: 'bookings_read', details: ['waitlist', 'search'], searched: 'nobody' }),
  )
})
