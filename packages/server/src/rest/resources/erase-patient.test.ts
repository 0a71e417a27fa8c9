import { finishErasures } from '@holdfast/engine'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltClinic,
  type BuiltSlot,
  checkHistory,
  placesOfText,
  type TestDatabase,
} from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { type RestApp, startRestApp, type TestAccount } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'
import { maskAddress } from '../../messages/mask-address.ts'

const patient = { name: 'Zsuzsa Planted', email: 'zsuzsa@planted.example', phone: '+36 1 555 0199' }
const texts = { ...patient, reason: 'plantedreason', cancellation: 'plantedcancellation' }
const otherTexts = { name: 'Ada', email: 'ada@example.org', phone: '+1', reason: 'flu', cancellation: 'better' }

/** A guest's hold, confirmed with the patient, linked to an account, and cancelled: with a key at each step. */
async function aBookingWith(
  { reason, cancellation, ...of }: typeof texts,
  {
    database,
    rest,
    clinic,
    account,
  }: { database: TestDatabase; rest: RestApp; clinic: BuiltClinic; account: TestAccount },
) {
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const held = await rest.call('createBooking', {
    body: { slotId: slot.id, patient: of, reason },
    key: `key of ${of.name}`,
  })
  const path = { bookingId: held.body.id }
  const token = held.body.manageToken ?? ''
  const steps = [
    await rest.call('confirmBooking', { path, token, key: 'key of the confirmation', body: { patient: of } }),
    await rest.call('linkBooking', { path, as: account, key: 'key of the link', body: { manageToken: token } }),
    await rest.call('cancelBooking', {
      path,
      as: account,
      key: 'key of the cancellation',
      body: { reason: cancellation },
    }),
  ]
  expect(steps.map(({ status }) => status)).toEqual([200, 200, 200])
  return { id: held.body.id, path, slot }
}

/** A message that was written, and not sent for want of a mail server. */
async function aMessageTo(
  { name, email }: typeof patient,
  database: TestDatabase,
  { id, slot }: { id: string; slot: BuiltSlot },
): Promise<void> {
  await database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at,
       masked_address, content)
     values ($1, $2, $2, 2, $3, 'confirmed', 'email', 'kept', now(), now(), $4, $5)`,
    [slot.clinicNo, id, slot.id, maskAddress(email), { subject: '', html: '', text: `Hello ${name}` }],
  )
}

describe('in the whole database', () => {
  freshDatabaseTest('nothing is left of a patient, nor a digest to guess one from', async ({ database }) => {
    const rest = await startRestApp(database, { hasLimits: true })
    try {
      const clinic = await aClinic(database)
      const account = rest.anAccount()
      const booking = await aBookingWith(texts, { database, rest, clinic, account })
      await aMessageTo(patient, database, booking)
      // Statistics have samples of columns with several values.
      const other = await aBookingWith(otherTexts, { database, rest, clinic, account: rest.anAccount() })
      await aMessageTo(otherTexts, database, other)
      await database.ownerPool.query('analyze')
      const digests = await digestsOf(database, booking.id)

      // Negative control: the search finds them in every place where they are.
      const bookingAndResponses = ['holdfast.answer', 'holdfast.booking']
      const { name, ...others } = texts
      for (const text of Object.values(others)) expect(await placesOfText(database, text)).toEqual(bookingAndResponses)
      expect(await placesOfText(database, name)).toEqual([...bookingAndResponses, 'holdfast.message'])
      expect(await placesOfText(database, maskAddress(texts.email))).toEqual(['holdfast.message'])
      // An account's id alone says nothing about a booking: statistics may have it until the next analyze.
      const ofAccount = (await placesOfText(database, account.id)).filter((place) => !place.startsWith('statistics'))
      expect(ofAccount).toEqual(['holdfast.booking', 'holdfast.booking_event', 'holdfast.booking_origin'])
      expect(await placesOfText(database, digests.booking)).toEqual(['holdfast.booking_event'])
      expect(await placesOfText(database, digests.request)).toEqual(['holdfast.idempotency'])
      const origins = 'select from holdfast.booking_origin where booking_id = $1'
      const originsOfBooking = async () => (await database.ownerPool.query(origins, [booking.id])).rows
      expect(await originsOfBooking()).not.toEqual([])

      const admin = await rest.aMember(clinic.no, 'admin')
      const erased = await rest.call('erasePatient', { path: booking.path, as: admin, key: 'key of the erasure' })
      expect(erased.body).toMatchObject({ status: 'CANCELLED', patient: { name: '' }, reason: null })
      await database.ownerPool.query('analyze')
      for (const text of [
        ...Object.values(texts),
        maskAddress(texts.email),
        account.id,
        digests.booking,
        digests.request,
      ]) {
        expect(await placesOfText(database, text), text).toEqual([])
      }
      expect(await originsOfBooking()).toEqual([])
      expect((await rest.engine.reads.verify({ clinicNo: clinic.no, detailsMax: 9 })).mismatches).toBe(0)
      expect(await checkHistory(database)).toEqual([])
    } finally {
      await rest.stop()
    }
  })

  freshDatabaseTest('what was stored after the erasure is deleted by the upkeep', async ({ database }) => {
    const rest = await startRestApp(database)
    try {
      const clinic = await aClinic(database)
      const booking = await aBookingWith(texts, { database, rest, clinic, account: rest.anAccount() })
      await rest.engine.erasures.ofBooking({ bookingId: booking.id, actorId: null, key: null })
      const late = JSON.stringify({ status: 200, body: { items: [{ id: booking.id, patient }] } })
      await database.appPool.query(sql`insert into holdfast.answer (key, request_hash, body, ids)
          values (gen_random_uuid(), gen_random_uuid(), ${late}, array[${booking.id}::uuid])`)
      const unrelated = { key: crypto.randomUUID(), requestHash: crypto.randomUUID() }
      await rest.engine.storedResponses.store(unrelated, { status: 200, body: { id: booking.slot.id } }, null)
      expect(await finishErasures(database.appPool)).toBe(0)
      expect(await placesOfText(database, patient.name)).toEqual(['holdfast.answer'])
      await database.ownerPool.query(`update holdfast.erased_booking set erased_at = now() - interval '11 minutes'`)
      const counts = await Promise.all([finishErasures(database.appPool), finishErasures(database.appPool)])
      expect(counts.sort()).toEqual([0, 1])
      expect(await placesOfText(database, patient.name)).toEqual([])
      expect((await rest.engine.storedResponses.find(unrelated)).kind).toBe('found')
    } finally {
      await rest.stop()
    }
  })
})

test('a cancellation erased before its response is stored leaves no patient', async ({ database, rest, slot }) => {
  const owner = rest.anAccount()
  const { id } = await aBooking(database, slot, { accountId: owner.id, patient })
  const { storedResponses, erasures } = rest.engine
  const store = storedResponses.store.bind(storedResponses)
  const storing = vi.spyOn(storedResponses, 'store').mockImplementationOnce(async (...stored) => {
    expect((await erasures.ofBooking({ bookingId: id, actorId: null, key: null })).kind).toBe('done')
    await store(...stored)
  })
  onTestFinished(() => storing.mockRestore())
  const call = { path: { bookingId: id }, as: owner, key: 'one' }
  expect((await rest.call('cancelBooking', call)).body).toMatchObject({ status: 'CANCELLED', patient })
  expect(storing).toHaveBeenCalledOnce()
  const naming = 'select from holdfast.answer where body::text like $1'
  expect((await database.ownerPool.query(naming, [`%${id}%`])).rows).toEqual([])
  // It belongs to nobody any more.
  expect((await rest.call('cancelBooking', call)).problem).toMatchObject({ status: 404, code: 'booking_not_found' })
})

const pastSlot = () => ({ startsAt: new Date(Date.now() - 3_600_000), capacity: 5 })

test('a booking to come is refused by name, and a change of an erased one too', async ({ database, rest, clinic }) => {
  const doctor = await aDoctor(database, clinic)
  const admin = await rest.aMember(clinic.no, 'admin')
  const coming = await aBooking(database, await aSlot(database, doctor))
  const refused = await rest.call('erasePatient', { path: { bookingId: coming.id }, as: admin })
  expect(refused.problem).toMatchObject({ status: 409, code: 'booking_not_over' })
  const over = await aBooking(database, await aSlot(database, doctor, pastSlot()), { status: 'NO_SHOW' })
  const path = { bookingId: over.id }
  expect((await rest.call('erasePatient', { path, as: admin })).body.erasedAt).toMatch(/Z$/)
  const changed = await rest.call('reopenBooking', { path, as: admin })
  expect(changed.problem).toMatchObject({ status: 409, code: 'booking_erased' })
})

test('the account of a booking erases it, and a retry gets the same response', async ({ database, rest, doctor }) => {
  const owner = rest.anAccount()
  const slot = await aSlot(database, doctor, pastSlot())
  const booking = await aBooking(database, slot, { accountId: owner.id, patient })
  const path = { bookingId: booking.id }
  const send = (key: string, as = owner) => rest.call('erasePatient', { path, as, key })
  const first = await send('one')
  expect(first.body).toMatchObject({ id: booking.id, patient: { name: '' } })
  // The response may have been lost before it was stored.
  await database.ownerPool.query('delete from holdfast.answer')
  expect((await send('one')).body).toEqual(first.body)
  expect((await send('one')).body).toEqual(first.body)
  // From now on it belongs to nobody.
  expect((await send('two')).problem).toMatchObject({ status: 404, code: 'booking_not_found' })
  expect((await send('one', rest.anAccount())).problem).toMatchObject({ status: 404, code: 'booking_not_found' })
})

test('a manage token is not enough to erase', async ({ database, rest, doctor }) => {
  const booking = await aBooking(database, await aSlot(database, doctor), { status: 'CANCELLED' })
  const token = rest.manageTokens.issue(booking.id)
  const refused = await rest.call('erasePatient', { path: { bookingId: booking.id }, token })
  expect(refused.problem).toMatchObject({ status: 403, code: 'forbidden' })
})

test('an admin erases a patient from all bookings, no digest of the contact stays', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), pastSlot())
  const admin = await rest.aMember(clinic.no, 'admin')
  const { email } = patient
  for (let index = 0; index < 3; index += 1) await aBooking(database, slot, { patient })
  const before = (await database.ownerPool.query('select from holdfast.answer')).rows.length
  const send = () =>
    rest.call('erasePatients', { path: { clinicId: clinic.id }, as: admin, body: { email }, key: 'one' })
  const left = { notOver: { count: 0, bookingIds: [] }, recordsLeft: { count: 0, patientIds: [] }, guardianOf: 0 }
  expect((await send()).body).toEqual({ erased: 3, ...left })
  expect((await send()).body).toEqual({ erased: 0, ...left })
  expect((await database.ownerPool.query('select from holdfast.answer')).rows).toHaveLength(before)
})

test.for([
  [{}, '/'],
  [{ email: 'a@example.org', phone: '1' }, '/'],
  [{ phone: 'none' }, '/phone'],
] as const)('%j names no patient: the error names %s', async ([body, path], { rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'admin')
  const { problem } = await rest.call('erasePatients', { path: { clinicId: clinic.id }, as, body })
  expect(problem).toMatchObject({ status: 400, errors: [{ path }] })
})

/** What can be computed by somebody who guesses the patient: the digests of the claim's event and of its request. */
async function digestsOf(database: TestDatabase, bookingId: string): Promise<{ booking: string; request: string }> {
  const { rows } = await database.ownerPool.query(sql`
    select encode(holdfast.booking_digest(null, 'in_person', ${patient}, ${texts.reason}, null), 'hex') as booking,
     (select request_hash::text from holdfast.idempotency where booking_id = ${bookingId}) as request`)
  return rows[0]
}

test('no manage token works after the erasure, also not one that a link had voided', async ({ database, rest }) => {
  const { id, token, account, path } = await aLinkedBooking(database, rest)
  await rest.call('cancelBooking', { path, as: account })
  await inThePast(database, id)
  expect((await rest.call('erasePatient', { path, as: account })).status).toBe(200)
  const bound = rest.manageTokens.issue(id, { accountId: account.id, epoch: 0 })
  for (const one of [token, bound]) {
    expect((await rest.call('getBooking', { path, token: one })).problem.code).toBe('booking_not_found')
    const link = await rest.call('linkBooking', { path, as: rest.anAccount(), body: { manageToken: one } })
    expect(link.problem.code).toBe('booking_not_found')
  }
})

test('until its time a linked booking is erased by the clinic, then by its account', async ({ database, rest }) => {
  const { id, account, path } = await aLinkedBooking(database, rest)
  await rest.call('cancelBooking', { path, as: account })
  const erase = (as = account) => rest.call('erasePatient', { path, as })
  expect((await erase()).problem).toMatchObject({ status: 409, code: 'booking_not_over' })
  await inThePast(database, id)
  expect((await erase()).status).toBe(200)
  // The controls: an admin, and a booking that its account made.
  const other = await aLinkedBooking(database, rest)
  await rest.call('cancelBooking', { path: other.path, as: other.account })
  const admin = await rest.aMember(other.clinicNo, 'admin')
  expect((await rest.call('erasePatient', { path: other.path, as: admin })).status).toBe(200)
  const doctor = await aDoctor(database, await aClinic(database))
  const own = await aBooking(database, await aSlot(database, doctor), { accountId: account.id, status: 'CANCELLED' })
  expect((await rest.call('erasePatient', { path: { bookingId: own.id }, as: account })).status).toBe(200)
})

test('an erasure that fails midway is recorded with what it had erased', async ({ rest, clinic }) => {
  const admin = await rest.aMember(clinic.no, 'admin')
  rest.audited.length = 0
  const { erasures } = rest.engine
  const { ofPatient } = erasures
  onTestFinished(() => {
    erasures.ofPatient = ofPatient
  })
  erasures.ofPatient = async ({ onErased }) => {
    onErased?.(500)
    throw new Error('The database is gone.')
  }
  const failed = await rest.call('erasePatients', {
    path: { clinicId: clinic.id },
    as: admin,
    body: { email: patient.email },
  })
  expect(failed.status).toBe(500)
  expect(rest.audited).toEqual([
    {
      kind: 'patients_erased',
      clinicNo: clinic.no,
      actorId: admin.id,
      network: '127.0.0.0/24',
      details: ['500', 'interrupted'],
    },
  ])
})

/** A guest's booking that an account with its manage token has linked to itself. */
async function aLinkedBooking(database: TestDatabase, rest: RestApp) {
  const clinic = await aClinic(database)
  const { id } = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)))
  const path = { bookingId: id }
  const token = rest.manageTokens.issue(id)
  const account = rest.anAccount()
  await rest.call('linkBooking', { path, as: account, body: { manageToken: token } })
  return { id, token, account, path, clinicNo: clinic.no }
}

async function inThePast(database: TestDatabase, bookingId: string): Promise<void> {
  await database.ownerPool.query(sql`
    update holdfast.slot s set starts_at = starts_at - interval '1 year', ends_at = ends_at - interval '1 year'
     from holdfast.booking b where b.id = ${bookingId} and s.clinic_no = b.clinic_no and s.id = b.slot_id`)
}
