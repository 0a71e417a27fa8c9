import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aPatientRecord, aSlot, shiftSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { newId } from '../model/id.ts'
import { verify } from '../verify/verify.ts'

async function aScene(database: TestDatabase) {
  const pool = database.appPool
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { capacity: 5 })
  const record = async (name = 'Ada') => {
    const created = await engine.patients.create(clinic.no, aPatientRecord({ name, phone: '0171 2345678' }), null)
    if (created.kind !== 'done') throw new Error(created.kind)
    return created.value.id
  }
  const findings = async () => (await verify(pool, { clinicNo: clinic.no, detailsMax: 9 })).details
  return { engine, patients: engine.patients, clinic, doctor, slot, record, findings }
}

test('the staff says whose booking it is, says it again, and takes it back', async ({ database }) => {
  const { patients, slot, record, findings } = await aScene(database)
  const [ada, bea] = [await record(), await record('Bea')]
  const booking = await aBooking(database, slot)
  const by = randomUUID()
  expect(await patients.ofBooking(booking.id)).toBe(null)
  expect(await patients.link(booking.id, ada, by)).toEqual({ kind: 'done' })
  expect(await patients.link(booking.id, ada, by)).toEqual({ kind: 'unchanged' })
  expect(await patients.link(booking.id, bea, by)).toEqual({ kind: 'done' })
  expect(await patients.ofBooking(booking.id)).toMatchObject({ id: bea, name: 'Bea' })
  const visits = await patients.visits(bea, new Date())
  expect(visits).toMatchObject({ next: [{ bookingId: booking.id, status: 'CONFIRMED' }], past: [], cases: [] })
  await shiftSlot(database, slot, -30 * 1_440)
  expect(await patients.visits(bea, new Date())).toMatchObject({ next: [], past: [{ bookingId: booking.id }] })
  await patients.unlink(booking.id)
  await patients.unlink(booking.id)
  expect(await patients.ofBooking(booking.id)).toBe(null)
  expect(await findings()).toEqual([])
})

test('nothing is linked that is not there, or is of another clinic', async ({ database }) => {
  const { patients, slot, record } = await aScene(database)
  const elsewhere = await aScene(database)
  const [ada, by] = [await record(), randomUUID()]
  const booking = await aBooking(database, slot)
  expect(await patients.link(booking.id, await elsewhere.record(), by)).toEqual({ kind: 'patient_missing' })
  expect(await patients.link(booking.id, booking.id, by)).toEqual({ kind: 'patient_missing' })
  expect(await patients.link(ada, ada, by)).toEqual({ kind: 'booking_missing' })
})

test('a record is erased with its bookings when all are over, and its link with the booking', async ({ database }) => {
  const { engine, patients, clinic, slot, record, findings } = await aScene(database)
  const [ada, by] = [await record(), randomUUID()]
  const [one, other] = [await aBooking(database, slot), await aBooking(database, slot)]
  await patients.link(one.id, ada, by)
  await patients.link(other.id, ada, by)
  const erase = () => patients.erase({ clinicNo: clinic.no, of: { patientId: ada }, actorId: by })
  expect(await erase()).toMatchObject({ kind: 'in_use', bookingIds: [one.id, other.id].sort() })
  await engine.settle({ bookingId: one.id, action: 'cancel', actorId: by, onBehalf: true, key: null, reason: null })
  expect(await engine.erasures.ofBooking({ bookingId: one.id, actorId: by, key: null })).toMatchObject({ kind: 'done' })
  expect(await patients.ofBooking(one.id)).toBe(null)
  expect(await patients.link(one.id, ada, by)).toEqual({ kind: 'booking_erased' })
  // The record outlives its booking.
  expect(await patients.record(ada)).not.toBe(null)
  await engine.settle({ bookingId: other.id, action: 'cancel', actorId: by, onBehalf: true, key: null, reason: null })
  expect(await erase()).toMatchObject({ kind: 'erased', bookings: 1, cases: 0, requests: 0 })
  expect(await patients.record(ada)).toBe(null)
  expect(await engine.reads.booking(other.id)).toMatchObject({ patient: { name: '' } })
  expect(await erase()).toEqual({ kind: 'patient_missing' })
  expect(await patients.link((await aBooking(database, slot)).id, ada, by)).toEqual({ kind: 'patient_missing' })
  const { rows } = await database.ownerPool.query(sql`select t::text from holdfast.patient t where id = ${ada}
      and t::text ~* 'ada|2345678'`)
  expect(rows).toEqual([])
  expect(await findings()).toEqual([])
})

test('an erasure by a contact erases the records that have it, and what is linked to them', async ({ database }) => {
  const { engine, patients, clinic, slot, record, findings } = await aScene(database)
  const [ada, bea, other] = [
    await record(),
    await record('Bea'),
    await patients.create(clinic.no, aPatientRecord(), null),
  ]
  const [over, coming] = [await aBooking(database, slot, { status: 'CANCELLED' }), await aBooking(database, slot)]
  await patients.link(over.id, ada, randomUUID())
  await patients.link(coming.id, bea, randomUUID())
  const request = { clinicNo: clinic.no, patient: { phone: '0171 2345678' }, actorId: null }
  const expected = {
    erased: 1,
    notOver: { count: 1, bookingIds: [coming.id] },
    recordsLeft: { count: 1, patientIds: [bea] },
    guardianOf: 0,
  }
  expect(await engine.erasures.ofPatient(request)).toEqual(expected)
  expect(await engine.erasures.ofPatient(request)).toEqual({ ...expected, erased: 0 })
  const ids = [ada, bea, other.kind === 'done' ? other.value.id : '']
  const left = await Promise.all(ids.map((id) => patients.record(id)))
  expect(left.map((one) => one !== null)).toEqual([false, true, true])
  expect(await engine.reads.booking(over.id)).toMatchObject({ patient: { name: '' } })
  expect(await findings()).toEqual([])
})

test('an erasure by contact names records that stay: with a request, or another contact’s', async ({ database }) => {
  const { engine, patients, clinic, doctor } = await aScene(database)
  const slot = await aSlot(database, doctor, { capacity: 5, startsAt: new Date(Date.now() - 5 * 86_400_000) })
  const create = async (fields: Parameters<typeof aPatientRecord>[0]) => {
    const created = await patients.create(clinic.no, aPatientRecord(fields), null)
    return created.kind === 'done' ? created.value.id : created.kind
  }
  const email = 'family@example.org'
  const accountId = randomUUID()
  const waiting = await create({ mrn: 'M-1', email })
  await database.ownerPool.query(sql`insert into holdfast.case_request
        (clinic_no, id, patient_id, service, procedure_code, procedure_display, minutes, urgency)
      values (${clinic.no}, ${newId(clinic.no)}, ${waiting}, 'Surgery', 'x', 'x', 30, 'elective')`)
  const [child, parent] = [await create({ name: 'Bea', email: 'bea@example.org' }), await create({ name: 'Cem' })]
  for (const [patientId, booked] of [
    [child, { patient: { name: 'Bea', email } }],
    [parent, { accountId }],
  ] as const) {
    const booking = await aBooking(database, slot, { ...booked, status: 'COMPLETED' })
    await patients.link(booking.id, patientId, randomUUID())
  }
  const erase = (patient: { email: string } | { accountId: string }) =>
    engine.erasures.ofPatient({ clinicNo: clinic.no, patient, actorId: null })
  const notOver = { count: 0, bookingIds: [] }
  const patientIds = [waiting, child].sort()
  expect(await erase({ email })).toEqual({ erased: 1, notOver, recordsLeft: { count: 2, patientIds }, guardianOf: 0 })
  const ofAccount = { count: 1, patientIds: [parent] }
  expect(await erase({ accountId })).toEqual({ erased: 1, notOver, recordsLeft: ofAccount, guardianOf: 0 })
  for (const id of [waiting, child, parent]) expect(await patients.record(id)).not.toBe(null)
})

test('retention keeps a record with archived or erased links until the last visit is old', async ({ database }) => {
  const { engine, patients, clinic, doctor, record, findings } = await aScene(database)
  await database.ownerPool.query('update holdfast.clinic set patient_data_months = 24 where no = $1', [clinic.no])
  const monthsAgo = (months: number) => new Date(Date.now() - months * 30 * 86_400_000)
  const [archived, erased, longAgo, unlinked] = [await record(), await record(), await record(), await record()]
  const visitOf = async (patientId: string, months: number) => {
    const startsAt = monthsAgo(months)
    const slot = await aSlot(database, doctor, { startsAt })
    const createdAt = new Date(startsAt.getTime() - 86_400_000)
    const booking = await aBooking(database, slot, { status: 'COMPLETED', createdAt })
    await patients.link(booking.id, patientId, randomUUID())
    const archiving = `select holdfast.archive_slots($1, date_trunc('month', $2::timestamptz)::date, now(), 10)`
    return { id: booking.id, archive: () => database.ownerPool.query(archiving, [clinic.no, startsAt]) }
  }
  const versions = await Promise.all([archived, erased].map(async (id) => (await patients.record(id))?.version))
  await (await visitOf(archived, 30)).archive()
  await (await visitOf(archived, 8)).archive()
  await (await visitOf(longAgo, 30)).archive()
  const { id } = await visitOf(erased, 9)
  expect(await engine.erasures.ofBooking({ bookingId: id, actorId: null, key: null })).toMatchObject({ kind: 'done' })
  await patients.unlink((await visitOf(unlinked, 10)).id)
  expect(await Promise.all([archived, erased].map(async (one) => (await patients.record(one))?.version))).toEqual(
    versions,
  )
  const ids = [archived, erased, longAgo, unlinked]
  await database.ownerPool.query('alter table holdfast.patient disable trigger fold_patient')
  await database.ownerPool.query(sql`update holdfast.patient set updated_at = now() - interval '36 months'
      where id = any (${ids})`)
  await database.ownerPool.query('alter table holdfast.patient enable trigger fold_patient')
  await database.appPool.query('select * from holdfast.erase_outdated($1, 100)', [clinic.no])
  const left = await Promise.all(ids.map((one) => patients.record(one)))
  expect(left.map((one) => one !== null)).toEqual([true, true, false, false])
  // It is no part of what an erased record keeps.
  expect(await patients.erase({ clinicNo: clinic.no, of: { patientId: archived }, actorId: null })).toMatchObject({
    kind: 'erased',
  })
  expect(await findings()).toEqual([])
})

test('retention erases records that nobody has changed for long, unless something is linked', async ({ database }) => {
  const { patients, clinic, slot, record } = await aScene(database)
  await database.ownerPool.query('update holdfast.clinic set patient_data_months = 1 where no = $1', [clinic.no])
  const [old, linked, fresh] = [await record(), await record(), await record()]
  await patients.link((await aBooking(database, slot)).id, linked, randomUUID())
  await database.ownerPool.query('alter table holdfast.patient disable trigger fold_patient')
  await database.ownerPool.query(sql`update holdfast.patient set updated_at = now() - interval '40 days'
      where id = any (${[old, linked]})`)
  await database.ownerPool.query('alter table holdfast.patient enable trigger fold_patient')
  await database.appPool.query('select * from holdfast.erase_outdated($1, 100)', [clinic.no])
  const left = await Promise.all([old, linked, fresh].map((id) => patients.record(id)))
  expect(left.map((one) => one !== null)).toEqual([false, true, true])
  const { rows } = await database.ownerPool.query(sql`select details from holdfast.audit_event
      where clinic_no = ${clinic.no} and kind = 'patients_erased'`)
  expect(rows).toEqual([{ details: ['1', 'retention'] }])
})
