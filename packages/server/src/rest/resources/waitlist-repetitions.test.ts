import { aBooking, aClinic, aDoctor, aSlot, aWaitlistEntry } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

test('a guest who repeats the request after a correction is shown no patient', async ({ database, rest, clinic }) => {
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor)
  const taken = await aBooking(database, slot)
  const day = slot.startsAt.toISOString().slice(0, 10)
  const patient = { name: 'Eve', email: 'mistyped@example.org' }
  const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient }
  const join = () => rest.call('createWaitlistEntry', { body, key: 'join' })
  const joined = (await join()).body
  const path = { bookingId: taken.id }
  await rest.call('cancelBooking', { path, token: rest.manageTokens.issue(taken.id) })
  const { offer } = (await rest.call('getWaitlistEntry', { path: { entryId: joined.id }, token: joined.manageToken }))
    .body
  const offered = { path: { bookingId: offer?.booking.id ?? '' } }
  await rest.call('confirmBooking', { ...offered, token: offer?.manageToken ?? null })
  // The control: as long as the token works, so does the repetition.
  expect((await join()).body).toMatchObject({ patient, manageToken: joined.manageToken, status: 'accepted' })
  const corrected = { patient: { name: 'Eve Right', email: 'right@example.org' } }
  const as = await rest.aMember(clinic.no, 'staff')
  expect((await rest.call('correctPatient', { ...offered, as, body: corrected })).status).toBe(200)
  const again = await join()
  expect(again).toMatchObject({ status: 200, body: { id: joined.id, manageToken: null } })
  expect(again.body.patient).toBeUndefined()
  expect(JSON.stringify(again.body)).not.toContain('Right')
})

test('no repetition undoes a correction of an entry, no copy outlives an erasure', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const { id: entryId } = await aWaitlistEntry(database, doctor, { patient: { name: 'Eve' } })
  const as = await rest.aMember(clinic.no, 'staff')
  const correctTo = (name: string, key: string) =>
    rest.call('correctWaitlistEntry', { path: { entryId }, as, body: { patient: { name } }, key })
  for (const [name, key] of [
    ['Eva Traceable', 'first'],
    ['Ewa Traceable', 'second'],
    ['Eva Traceable', 'first'],
  ] as const) {
    expect(await correctTo(name, key)).toMatchObject({ status: 200, body: { patient: { name } } })
  }
  const read = await rest.call('getWaitlistEntry', { path: { entryId }, as })
  expect(read.body.patient.name).toBe('Ewa Traceable')
  const copies = async () => {
    const { rows } = await database.ownerPool.query(`select key, request_hash, body, ids from holdfast.answer
        where body::text like '%Traceable%'`)
    return rows
  }
  const [stored] = await copies()
  expect(stored?.ids).toContain(entryId)
  await database.ownerPool.query('select holdfast.erase_waitlist_entries($1, $2)', [clinic.no, [entryId]])
  expect(await copies()).toEqual([])
  // A response that is stored after the erasure.
  await database.ownerPool.query('select holdfast.store_response($1, $2, $3, $4, $5)', [
    stored.key,
    stored.request_hash,
    stored.body,
    stored.ids,
    clinic.no,
  ])
  expect(await copies()).toEqual([])
})

test('a join’s digest is replaced with the erasure, and its key adds nobody again', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const patient = { name: 'Eve', email: 'eve@guessed.example' }
  const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient }
  const join = (key: string) => rest.call('createWaitlistEntry', { body, key })
  const { id } = (await join('join')).body
  expect((await join('again')).problem.code).toBe('already_waiting')
  const stored = async () => {
    const ofEntry = 'select key, request_hash, body from holdfast.answer where ids && $1::uuid[]'
    return (await database.ownerPool.query(ofEntry, [[id]])).rows
  }
  const [before, ...others] = await stored()
  expect(others).toEqual([])
  const as = await rest.aMember(clinic.no, 'admin')
  const erasure = { path: { clinicId: clinic.id }, as, body: { email: patient.email } }
  expect((await rest.call('erasePatients', erasure)).status).toBe(200)
  expect(await stored()).toEqual([{ ...before, body: { kind: 'joined', id }, request_hash: expect.anything() }])
  expect((await stored())[0].request_hash).not.toBe(before.request_hash)
  expect((await join('join')).problem.code).toBe('idempotency_key_reused')
  const listed = await rest.call('listWaitlistEntries', { path: { clinicId: clinic.id }, as })
  expect(JSON.stringify(listed.body)).not.toContain(patient.name)
})
