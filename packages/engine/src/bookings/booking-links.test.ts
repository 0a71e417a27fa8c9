import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSettlement,
  aSlot,
  aWaitlistEntry,
  type BuiltBooking,
  checkHistory,
  createTestDatabase,
  lapseHolds,
  ofKind,
  plantFunction,
  type TestDatabase,
  takenOf,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { afterAll, expect, onTestFinished } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import { createBookingLinks } from './booking-links.ts'

const patient = { name: 'Ada', email: 'ada@example.org' }
const dayMs = 86_400_000

let engine: Engine

test.beforeAll(({ database }) => {
  engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
})
afterAll(() => engine.stop())

async function aHold(database: TestDatabase, overrides: Parameters<typeof aBooking>[2] = {}, confirmMinutes = 15) {
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 3 * dayMs) })
  await engine.messages.changeSettings(slot.clinicNo, { confirmByLink: true, confirmMinutes })
  return { slot, booking: await aBooking(database, slot, { patient, status: 'PENDING', ...overrides }) }
}

const asked = { actorId: null, key: null, patient: null, reason: null, judgedVersion: null }

const request = ({ id }: Pick<BuiltBooking, 'id'>, overrides = {}) =>
  engine.bookingLinks.request({ bookingId: id, ...asked, ...overrides })

/** Moves everything that happened to the booking two minutes into the past. */
const twoMinutesLater = (database: TestDatabase, { id }: { id: string }) =>
  database.ownerPool.query(
    `with logged as (
       update holdfast.booking_event set at = at - interval '2 minutes' where booking_id = $1)
     update holdfast.booking set created_at = created_at - interval '2 minutes',
            updated_at = updated_at - interval '2 minutes' where id = $1`,
    [id],
  )

test('a hold waits for its link as long as the clinic says, and stays a hold', async ({ database }) => {
  const { slot, booking } = await aHold(database, {}, 40)
  const outcome = ofKind(await request(booking), 'done')
  expect(outcome.booking).toMatchObject({ status: 'PENDING', version: 2, extended: false, patient })
  const minutes = ((outcome.booking.holdExpiresAt?.getTime() ?? 0) - outcome.booking.updatedAt.getTime()) / 60_000
  expect(minutes).toBeCloseTo(40, 3)
  expect(await takenOf(database, slot)).toEqual([1])
  const sent = await engine.bookingLinks.sent(booking.id)
  expect(sent?.sentAt).toEqual(outcome.booking.updatedAt)
  expect(sent?.nextAt).toEqual(new Date(outcome.booking.updatedAt.getTime() + 60_000))
  const confirmed = await engine.settle(aSettlement(booking.id, 'confirm', { onBehalf: false }))
  expect(confirmed.kind).toBe('done')
  expect(await checkHistory(database)).toEqual([])
  expect((await engine.reads.verify({ clinicNo: null, detailsMax: 10 })).details).toEqual([])
})

test('the hold ends with the start of the visit at the latest, and is never shortened', async ({ database }) => {
  const doctor = await aDoctor(database, await aClinic(database))
  const soon = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 600_000) })
  const near = await request(await aBooking(database, soon, { patient, status: 'PENDING' }))
  expect('booking' in near && near.booking.holdExpiresAt).toEqual(soon.startsAt)
  const until = new Date(Date.now() + 2 * 3_600_000)
  const { booking } = await aHold(database, { holdExpiresAt: until })
  const long = await request(booking)
  expect('booking' in long && long.booking.holdExpiresAt).toEqual(until)
})

test('an offer of the waitlist waits for its link no longer than it is held', async ({ database, doctor }) => {
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 3 * dayMs) })
  await engine.messages.changeSettings(slot.clinicNo, { confirmByLink: true, confirmMinutes: 60 })
  const taken = await aBooking(database, slot)
  const entry = await aWaitlistEntry(database, doctor, { patient })
  const settle = (bookingId: string, action: 'cancel' | 'confirm') => engine.settle(aSettlement(bookingId, action))
  await settle(taken.id, 'cancel')
  const id = (await engine.waitlist.entry(entry.id))?.offerBookingId ?? ''
  expect(await engine.waitlist.patientOfOffer(id)).toEqual(patient)
  const offered = await engine.reads.booking(id)
  const asked = await request({ id })
  expect(asked).toMatchObject({ kind: 'done', booking: { status: 'PENDING', holdExpiresAt: offered?.holdExpiresAt } })
  expect((await engine.reads.verify({ clinicNo: slot.clinicNo, detailsMax: 10 })).details).toEqual([])
  expect((await settle(id, 'confirm')).kind).toBe('done')
  expect((await engine.waitlist.entry(entry.id))?.status).toBe('accepted')
  expect(await engine.waitlist.patientOfOffer(id)).toBeNull()
  expect(await checkHistory(database)).toEqual([])
})

test('sent again after a minute, five times in all, and the hold does not get longer', async ({ database }) => {
  const { booking } = await aHold(database)
  const first = await request(booking)
  const until = 'booking' in first ? first.booking.holdExpiresAt : null
  expect((await request(booking)).kind).toBe('unchanged')
  for (let times = 2; times <= 5; times += 1) {
    await twoMinutesLater(database, booking)
    const again = await request(booking)
    expect([times, again.kind]).toEqual([times, 'done'])
    expect('booking' in again && again.booking.holdExpiresAt).toEqual(until)
  }
  expect((await engine.bookingLinks.sent(booking.id))?.nextAt).toBeNull()
  await twoMinutesLater(database, booking)
  expect((await request(booking)).kind).toBe('too_many_links')
  expect(await checkHistory(database)).toEqual([])
})

test('another address gets a link at once; one key sends one', async ({ database }) => {
  const { booking } = await aHold(database)
  await request(booking)
  const key = randomUUID()
  const corrected = { key, patient: { name: 'Ada', email: 'lovelace@example.org' } }
  const [first, repeated] = [await request(booking, corrected), await request(booking, corrected)]
  expect([first.kind, repeated.kind]).toEqual(['done', 'unchanged'])
  expect('booking' in repeated && repeated.booking.patient.email).toBe('lovelace@example.org')
})

test('two requests at once send one link', async ({ database }) => {
  const { booking } = await aHold(database)
  const outcomes = await Promise.all([request(booking), request(booking), request(booking)])
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'unchanged', 'unchanged'])
})

test('what is no hold gets no link', async ({ database }) => {
  const kindOf = async (overrides: Parameters<typeof aBooking>[2]) =>
    (await request((await aHold(database, overrides)).booking)).kind
  expect(await kindOf({ status: 'CONFIRMED' })).toBe('unchanged')
  expect(await kindOf({ status: 'CANCELLED' })).toBe('invalid_transition')
  expect(await kindOf({ status: 'hold_expired' })).toBe('hold_expired')
  expect(await kindOf({ patient: { name: '', email: 'ada@example.org' } })).toBe('patient_missing')
  expect((await request({ id: newId((await aHold(database)).slot.clinicNo) })).kind).toBe('booking_missing')
  expect((await request({ id: 'nonsense' })).kind).toBe('booking_missing')
  const { slot, booking } = await aHold(database)
  await lapseHolds(database, slot)
  expect((await request(booking)).kind).toBe('hold_expired')
})

test('without e-mails, a clinic cannot confirm by link', async ({ database }) => {
  const { slot } = await aHold(database)
  expect(await engine.bookingLinks.areRequired(slot.clinicNo)).toBe(true)
  await expect(engine.messages.changeSettings(slot.clinicNo, { emails: false })).rejects.toThrow('link_check')
  await engine.messages.changeSettings(slot.clinicNo, { emails: false, confirmByLink: false })
  expect(await engine.bookingLinks.areRequired(slot.clinicNo)).toBe(false)
})

test('an account is verified once and for all', async ({ database }) => {
  // Accounts are in no shard: this URL leads to none.
  const pool = createPool({ url: database.sessionUrl, max: 1, name: 'test accounts' })
  onTestFinished(() => pool.end())
  const links = createBookingLinks({ pool, accountsPool: pool, reads: engine.reads, announce: () => {} })
  const account = randomUUID()
  expect(await links.isVerified(account)).toBe(false)
  await links.verify(account)
  await links.verify(account)
  expect(await links.isVerified(account)).toBe(true)
})

test('verify detects a request that is logged with another end of the hold (a planted bug)', async () => {
  const database = await createTestDatabase()
  const planted = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  try {
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
    const { id } = await aBooking(database, slot, { patient, status: 'PENDING' })
    const part = 'p_booking.units, p_booking.hold_expires_at'
    await plantFunction(database, 'log_change', { part, becomes: 'p_booking.units, p_booking.updated_at' })
    await planted.bookingLinks.request({ bookingId: id, ...asked })
    const { details } = await planted.reads.verify({ clinicNo: null, detailsMax: 10 })
    expect(details).toContainEqual(expect.objectContaining({ kind: 'state_differs', bookingId: id }))
  } finally {
    await planted.stop()
    await database.drop()
  }
})
