import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  return { doctor: await aDoctor(database, clinic), admin: await rest.aMember(clinic.no, 'admin') }
}

test('the desk books in a full slot, which gets a place; patients cannot', async ({ database, rest }) => {
  const { doctor, admin } = await aDesk(database, rest)
  const slot = await aSlot(database, doctor)
  await aBooking(database, slot)
  const body = { slotId: slot.id, patient: { name: 'Ada' }, confirm: true, addsPlaces: true }
  const refused = await rest.call('createBooking', { body, as: admin })
  expect(refused.problem.errors).toEqual([{ path: '/addsPlaces', message: 'is allowed only together with onBehalf' }])
  const onBehalf = { ...body, onBehalf: true }
  expect((await rest.call('createBooking', { body: { ...onBehalf, addsPlaces: false }, as: admin })).problem.code).toBe(
    'slot_full',
  )
  rest.audited.length = 0
  const booked = await rest.call('createBooking', { body: onBehalf, as: admin, key: 'one' })
  expect(booked.status).toBe(201)
  const again = await rest.call('createBooking', { body: onBehalf, as: admin, key: 'one' })
  expect(again).toMatchObject({ status: 200, body: { id: booked.body.id } })
  const details = ['capacity changed', '2']
  expect(rest.audited).toEqual([
    expect.objectContaining({ kind: 'doctor_changed', actorId: admin.id, subjectId: slot.id, details }),
  ])
  const without = await rest.call('createBooking', { body: { ...onBehalf, addsPlaces: false }, as: admin, key: 'one' })
  expect(without.problem.code).toBe('idempotency_key_reused')
  const { rows } = await database.ownerPool.query('select capacity, taken from holdfast.slot where id = $1', [slot.id])
  expect(rows).toEqual([{ capacity: 2, taken: 2 }])
})

test('the desk moves a booking into a full slot, which gets a place; patients cannot', async ({ database, rest }) => {
  const { doctor, admin } = await aDesk(database, rest)
  const [from, to] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  await aBooking(database, to)
  const patient = await rest.anAccount()
  const { id: bookingId } = await aBooking(database, from, { accountId: patient.id })
  const move = (as: typeof admin | typeof patient, more: object, key = 'one') =>
    rest.call('rescheduleBooking', { path: { bookingId }, as, body: { slotId: to.id, ...more }, key })
  expect((await move(patient, { addsPlaces: true })).problem.errors).toEqual([
    { path: '/addsPlaces', message: 'is allowed only for members of the clinic' },
  ])
  expect((await move(admin, {})).problem.code).toBe('slot_full')
  rest.audited.length = 0
  const slots = async () =>
    (
      await database.ownerPool.query('select capacity, taken from holdfast.slot where id = any ($1) order by id', [
        [from.id, to.id],
      ])
    ).rows
  const [left, entered] = [
    { capacity: 1, taken: 0 },
    { capacity: 2, taken: 2 },
  ]
  expect(await move(admin, { addsPlaces: true })).toMatchObject({ status: 200, body: { slotId: to.id } })
  const details = ['capacity changed', '2']
  expect(rest.audited).toEqual([
    expect.objectContaining({ kind: 'doctor_changed', actorId: admin.id, subjectId: to.id, details }),
  ])
  for (const key of ['one', 'two']) {
    expect(await move(admin, { addsPlaces: true }, key)).toMatchObject({ status: 200, body: { slotId: to.id } })
  }
  expect(rest.audited.filter(({ kind }) => kind === 'doctor_changed')).toHaveLength(1)
  expect(await slots()).toEqual(from.id < to.id ? [left, entered] : [entered, left])
})
