import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aDesk(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const admin = await rest.aMember(clinic.no, 'admin')
  return { clinic, doctor, admin }
}

type Desk = Awaited<ReturnType<typeof aDesk>>

test('a desk’s booking after a former one of the patient belongs to the account', async ({ database, rest }) => {
  const { doctor, admin } = await aDesk(database, rest)
  const owner = await rest.anAccount()
  const patient = { name: 'Ada', email: 'ada@example.org' }
  const former = await aBooking(database, await aSlot(database, doctor), { patient, accountId: owner.id })
  const elsewhere = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const foreign = await aBooking(database, elsewhere, { patient, accountId: owner.id })
  const erased = await aBooking(database, await aSlot(database, doctor), { patient, accountId: owner.id })
  await database.ownerPool.query('update holdfast.booking set erased_at = now() where id = $1', [erased.id])
  const isOwners = async (body: object, onBehalf = { onBehalf: true }) => {
    const slot = await aSlot(database, doctor)
    const all = { slotId: slot.id, patient, confirm: true, formerBookingId: former.id, ...onBehalf, ...body }
    const { status, body: made } = await rest.call('createBooking', { body: all, as: admin })
    expect(status).toBe(201)
    const { rows } = await database.ownerPool.query(sql`select account_id as id from holdfast.booking
        where id = ${made.id}`)
    return rows[0].id === owner.id ? true : rows[0].id
  }
  expect(await isOwners({})).toBe(true)
  expect(await isOwners({ patient: { ...patient, phone: '030 4711' }, refuseOverlap: true })).toBe(true)
  expect(await isOwners({ addsPlaces: true, units: 2 })).toBe(true)
  expect(await isOwners({ patient: { ...patient, name: 'Bea' } })).toBeNull()
  expect(await isOwners({ patient: { ...patient, email: 'bea@example.org' } })).toBeNull()
  expect(await isOwners({ patient: { name: 'Ada' }, refuseOverlap: true })).toBeNull()
  expect(await isOwners({ formerBookingId: foreign.id })).toBeNull()
  expect(await isOwners({ formerBookingId: erased.id })).toBeNull()
  expect(await isOwners({ formerBookingId: undefined })).toBeNull()
  expect(await isOwners({ patient: { name: 'Ada', email: 'ADA@example.org' } })).toBe(true)
  // The former one, the erased one, and four others.
  const { items } = (await rest.call('listMyBookings', { as: owner })).body
  expect(items.filter(({ doctorId }) => doctorId === doctor.id)).toHaveLength(6)
  const body = { slotId: elsewhere.id, patient, formerBookingId: former.id }
  expect((await rest.call('createBooking', { body })).problem.errors).toEqual([
    { path: '/formerBookingId', message: 'is allowed only together with onBehalf' },
  ])
})

test('a booking after one that an account added by its link, or after another doctor’s, belongs to no account', async ({
  database,
  rest,
}) => {
  const { clinic, doctor, admin } = await aDesk(database, rest)
  const patient = { name: 'Nora', email: 'nora-typo@example.org' }
  const { id: slotId } = await aSlot(database, doctor)
  const former = (await rest.call('createBooking', { body: { slotId, patient, confirm: true } })).body
  const stranger = await rest.anAccount()
  const path = { bookingId: former.id }
  expect(
    (await rest.call('linkBooking', { path, as: stranger, body: { manageToken: former.manageToken } })).status,
  ).toBe(200)
  const bookingAfter = async (formerBookingId: string, by: { doctor: Desk['doctor']; as: Desk['admin'] }) => {
    const slot = await aSlot(database, by.doctor)
    const body = { slotId: slot.id, patient, confirm: true, formerBookingId, onBehalf: true }
    const made = await rest.call('createBooking', { body, as: by.as })
    expect(made.status).toBe(201)
    const { rows } = await database.ownerPool.query(sql`select id, account_id from holdfast.booking
        where id = ${made.body.id}`)
    return rows[0]
  }
  const second = await bookingAfter(former.id, { doctor, as: admin })
  const third = await bookingAfter(second.id, { doctor, as: admin })
  for (const { id, account_id } of [second, third]) {
    expect(account_id).toBeNull()
    const of = { path: { bookingId: id }, as: stranger }
    expect((await rest.call('getBooking', of)).problem.code).toBe('booking_not_found')
    // Neither before a correction of the contact, nor after it, nor can the stranger erase the patient.
    await rest.call('correctPatient', { ...of, as: admin, body: { patient: { email: 'nora@example.org' } } })
    expect((await rest.call('getBooking', of)).problem.code).toBe('booking_not_found')
    await rest.call('cancelBooking', { ...of, as: admin })
    expect((await rest.call('erasePatient', of)).problem.code).toBe('booking_not_found')
  }

  const own = await aBooking(database, await aSlot(database, doctor), { patient, accountId: stranger.id })
  const colleague = await aDoctor(database, clinic)
  const asColleague = await rest.aMember(clinic.no, 'doctor', colleague.id)
  expect((await bookingAfter(own.id, { doctor: colleague, as: asColleague })).account_id).toBeNull()
  const asDoctor = await rest.aMember(clinic.no, 'doctor', doctor.id)
  const after = await bookingAfter(own.id, { doctor, as: asDoctor })
  expect((await bookingAfter(after.id, { doctor, as: admin })).account_id).toBe(stranger.id)
  await rest.call('correctPatient', { path: { bookingId: after.id }, as: admin, body: { patient: { phone: '+1' } } })
  const verified = await rest.engine.reads.verify({ clinicNo: clinic.no, detailsMax: 9 })
  expect(verified).toMatchObject({ mismatches: 0, details: [] })
})

test('without e-mail, a booking gets the former account by number or without contacts', async ({ database, rest }) => {
  const { doctor, admin } = await aDesk(database, rest)
  const owner = await rest.anAccount()
  const formerOf = async (patient: { name: string; phone?: string }) =>
    await aBooking(database, await aSlot(database, doctor), { patient, accountId: owner.id })
  const withNumber = await formerOf({ name: 'Maria Schmidt', phone: '+49 30 4711' })
  const withNone = await formerOf({ name: 'Maria Schmidt' })
  const accountOf = async (formerBookingId: string, phone?: string) => {
    const { id: slotId } = await aSlot(database, doctor)
    const patient = { name: 'Maria Schmidt', ...(phone === undefined ? {} : { phone }) }
    const body = { slotId, patient, confirm: true, formerBookingId, onBehalf: true }
    const made = await rest.call('createBooking', { body, as: admin })
    const { rows } = await database.ownerPool.query(sql`select account_id as id from holdfast.booking
        where id = ${made.body.id}`)
    return rows[0]?.id
  }
  expect(await accountOf(withNumber.id, '030 4711')).toBe(owner.id)
  expect(await accountOf(withNumber.id, '030 4712')).toBeNull()
  expect(await accountOf(withNumber.id)).toBeNull()
  expect(await accountOf(withNone.id, '030 4711')).toBeNull()
  // A child whom a parent's account has booked.
  expect(await accountOf(withNone.id)).toBe(owner.id)
})

test('a hold without a patient does not get the account of another without', async ({ database, rest }) => {
  const { doctor, admin } = await aDesk(database, rest)
  const stranger = await rest.anAccount()
  const holdOf = async (as: typeof admin, body: object) => {
    const { id: slotId } = await aSlot(database, doctor)
    const { status, body: hold } = await rest.call('createBooking', { body: { slotId, ...body }, as })
    expect(status).toBe(201)
    const { rows } = await database.ownerPool.query('select account_id from holdfast.booking where id = $1', [hold.id])
    return { id: hold.id, accountId: rows[0].account_id }
  }
  const abandoned = await holdOf(stranger, {})
  expect(abandoned.accountId).toBe(stranger.id)
  const hold = await holdOf(admin, { formerBookingId: abandoned.id, onBehalf: true })
  expect(hold.accountId).toBeNull()
})
