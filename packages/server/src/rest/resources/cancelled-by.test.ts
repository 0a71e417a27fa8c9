import { aClinic, aDoctor, aSlot, type BuiltSlot, type TestDatabase } from '@holdfast/testkit'
import { describe, expect } from 'vitest'
import type { RestApp, TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

const patient = { name: 'Grace Hopper', email: 'grace@example.org' }

async function aPlace(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic))
  return { clinic, slot, staff: await rest.aMember(clinic.no, 'staff') }
}

async function booked(rest: RestApp, slot: BuiltSlot, as?: TestAccount, onBehalf?: true) {
  const { body } = await rest.call('createBooking', {
    body: { slotId: slot.id, patient, confirm: true, ...(onBehalf ? { onBehalf } : {}) },
    ...(as ? { as } : {}),
  })
  expect(body.status).toBe('CONFIRMED')
  return { path: { bookingId: body.id }, token: body.manageToken ?? '' }
}

describe('a cancelled booking says who cancelled it', () => {
  test('the bearer of its token: the patient, also for the clinic’s people', async ({ database, rest }) => {
    const { clinic, slot, staff } = await aPlace(database, rest)
    const { path, token } = await booked(rest, slot)
    expect((await rest.call('getBooking', { path, token })).body.cancelledBy).toBeNull()
    const cancelled = await rest.call('cancelBooking', { path, token })
    expect(cancelled.body).toMatchObject({ status: 'CANCELLED', cancelledBy: 'patient' })
    const listed = await rest.call('listClinicBookings', { path: { clinicId: clinic.id }, as: staff })
    expect(listed.body.items).toMatchObject([{ id: path.bookingId, cancelledBy: 'patient' }])
  })

  test('the clinic, also where its staff had made the booking', async ({ database, rest }) => {
    const { clinic, slot, staff } = await aPlace(database, rest)
    for (const onBehalf of [undefined, true] as const) {
      const { path, token } = await booked(rest, slot, onBehalf && staff, onBehalf)
      const cancelled = await rest.call('cancelBooking', { path, as: staff })
      expect(cancelled.body.cancelledBy).toBe('clinic')
      if (token !== '') expect((await rest.call('getBooking', { path, token })).body.cancelledBy).toBe('clinic')
      const retried = await rest.call('confirmBooking', { path, as: staff })
      expect(retried.problem).toMatchObject({ code: 'invalid_transition', booking: { cancelledBy: 'clinic' } })
    }
    const listed = await rest.call('listClinicBookings', { path: { clinicId: clinic.id }, as: staff })
    expect(listed.body.items.map(({ cancelledBy }) => cancelledBy)).toEqual(['clinic', 'clinic'])
  })

  test('its account: the patient, also once erased; another’s booking: the clinic', async ({ database, rest }) => {
    const { slot, staff } = await aPlace(database, rest)
    const me = rest.anAccount()
    const mine = await booked(rest, slot, me)
    expect((await rest.call('cancelBooking', { path: mine.path, as: me })).body.cancelledBy).toBe('patient')
    const other = await booked(rest, slot, me)
    await rest.call('cancelBooking', { path: other.path, as: staff })
    const listed = await rest.call('listMyBookings', { as: me })
    expect(new Map(listed.body.items.map(({ id, cancelledBy }) => [id, cancelledBy]))).toEqual(
      new Map([
        [mine.path.bookingId, 'patient'],
        [other.path.bookingId, 'clinic'],
      ]),
    )
    for (const [{ path }, by] of [[mine, 'patient'] as const, [other, 'clinic'] as const]) {
      const erased = await rest.call('erasePatient', { path, as: me })
      expect(erased.body).toMatchObject({ patient: { name: '' }, cancelledBy: by })
    }
  })
})
