import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  ageBooking,
  aSlot,
  type BookingOverrides,
  endLockWaiters,
  holdLock,
  lapseHolds,
  plantFunction,
  someMessageSettings,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { agedDatabaseTest, anotherDatabase, test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { checkedEngine } from '../../test/checked-engine.ts'
import { engineOf } from '../../test/engine-of.ts'
import { inTransaction } from '../database/pools.ts'
import { planMessages } from '../messages/plan-messages.ts'
import type { CorrectionRequest } from '../model/correction.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import { loggedEvents } from '../tail/logged-events.ts'

let database: TestDatabase
let engine: Engine

checkedEngine((scene) => {
  ;({ database, engine } = scene)
})

const patient = { name: 'Ada Lovelcae', email: 'wrong@example.org', phone: '+49 30 4711' }
const actorId = randomUUID()

async function aVisit(overrides: BookingOverrides = {}, its = database) {
  const slot = await aSlot(its, await aDoctor(its, await aClinic(its)))
  return { slot, booking: await aBooking(its, slot, { patient, reason: 'Cough', ...overrides }) }
}

type Of = { booking: { id: string } }
type Correction = Partial<Pick<CorrectionRequest, 'patient' | 'reason' | 'key' | 'accountOfEmail'>>

const correct = ({ booking: { id: bookingId } }: Of, { patient: changes = {}, ...rest }: Correction, by = engine) =>
  by.correctPatient({ bookingId, actorId, key: null, patient: changes, ...rest })

const lastEventOf = async ({ booking }: Of) => (await engine.reads.eventsOfBooking(booking.id)).at(-1)

async function epochOf({ booking }: Of, its = database): Promise<number> {
  const { rows } = await its.ownerPool.query<{ epoch: number }>(sql`select epoch from holdfast.manage_token
      where booking_id = ${booking.id}`)
  return rows[0]?.epoch ?? 0
}

/** Plans the messages of the last event. @returns their kinds */
async function plannedOf({ booking }: Of, version: number): Promise<string[]> {
  const line = { kind: 'booking', xid: 0n, seq: 0n, fromDoctorId: null, type: 'held', fromSlotId: null } as const
  const lines = [{ ...line, bookingId: booking.id, version, slotId: '', doctorId: '' }]
  const events = await loggedEvents(database.appPool, lines)
  await inTransaction(database.appPool, (transaction) => planMessages(transaction, events))
  const { rows } = await database.ownerPool.query<{ kind: string }>(sql`select kind from holdfast.message
      where booking_id = ${booking.id} and version = ${version} order by kind, minutes_before`)
  return rows.map(({ kind }) => kind)
}

const agreed = {
  ...{ questionId: randomUUID(), kind: 'consent' as const, label: 'A consent', labels: {}, version: 1, value: true },
  agreedAt: '2026-01-01T00:00:00.000Z',
}

async function anAnsweredVisit(its = database) {
  const visit = await aVisit({}, its)
  await its.ownerPool.query(sql`
    update holdfast.booking set patient = patient || jsonb_build_object('answers', ${JSON.stringify([agreed])}::jsonb)
     where id = ${visit.booking.id}`)
  return visit
}

test.for<[string, CorrectionRequest['patient'], boolean]>([
  ['a spelling', { name: 'Ada Lovelace' }, true],
  ['a spelling and the e-mail address', { name: 'Ada Lovelace', email: 'ada@example.org' }, true],
  ['the contacts', { email: 'ada@example.org', phone: '+49 30 9' }, true],
  ['a spelling and the way a number is written', { name: 'Ada', email: null, phone: '030 4711' }, true],
  ['the person', { name: 'Bob', email: 'bob@example.org', phone: '+49 30 9' }, false],
  ['the person, who has no contacts', { name: 'Bob', email: null, phone: null }, false],
])('a correction of %s keeps the answers: %s', async ([, changes, isKept]) => {
  const visit = await anAnsweredVisit()
  expect(await correct(visit, { patient: changes })).toMatchObject({ kind: 'done' })
  const answers = (await engine.reads.booking(visit.booking.id))?.patient.answers
  expect(answers).toEqual(isKept ? [agreed] : undefined)
})

test('a name and a reason are corrected: an event, no message, and the same link', async () => {
  const visit = await aVisit()
  expect(await correct(visit, { patient: { name: 'Ada Lovelace' }, reason: '' })).toMatchObject({
    kind: 'done',
    booking: { patient: { ...patient, name: 'Ada Lovelace' }, reason: null, status: 'CONFIRMED', version: 3 },
  })
  expect(await lastEventOf(visit)).toMatchObject({ type: 'corrected', statusAfter: 'CONFIRMED', actorId })
  expect(await epochOf(visit)).toBe(0)
  expect(await plannedOf(visit, 3)).toEqual([])
})

test('another address gets the confirmation and the reminders, and the link of the former one is void', async () => {
  const visit = await aVisit()
  expect(await plannedOf(visit, 2)).toEqual(['confirmed', 'reminder', 'reminder'])
  const email = 'right@example.org'
  expect(await correct(visit, { patient: { email } })).toMatchObject({ booking: { patient: { ...patient, email } } })
  expect(await lastEventOf(visit)).toMatchObject({ type: 'contact_corrected', statusAfter: 'CONFIRMED' })
  expect(await epochOf(visit)).toBe(1)
  expect(await plannedOf(visit, 3)).toEqual(['confirmed', 'reminder', 'reminder'])
})

test.for([
  ['the same address in other letters', { email: 'Wrong@Example.org' }, 'corrected', 0],
  ['a number that got no SMS', { phone: '+49 30 4712' }, 'corrected', 0],
  ['the same number in other digits’ groups', { phone: '+49 (30) 47-11' }, 'corrected', 0],
  ['no address any more', { email: null }, 'contact_corrected', 1],
] as const)('%s: %s', async ([, changes, type, epoch]) => {
  const visit = await aVisit()
  await correct(visit, { patient: changes })
  expect((await lastEventOf(visit))?.type).toBe(type)
  expect(await epochOf(visit)).toBe(epoch)
})

test('a first address gets the confirmation, and the patient’s link stays valid', async () => {
  const visit = await aVisit({ patient: { name: 'Ada' } })
  await correct(visit, { patient: { email: 'ada@example.org' } })
  expect(await epochOf(visit)).toBe(0)
  expect(await plannedOf(visit, 3)).toContain('confirmed')
})

test('a first number of a clinic that sends SMS gets the confirmation', async () => {
  const visit = await aVisit({ patient: { name: 'Ada' } })
  await someMessageSettings(database, visit.slot.clinicNo, { sms_kinds: ['confirmed'] })
  await correct(visit, { patient: { phone: '+49 30 4711' } })
  expect((await lastEventOf(visit))?.type).toBe('contact_corrected')
  expect(await epochOf(visit)).toBe(0)
})

/** Adds the booking to an account, as by its link. @returns the account */
async function linked({ booking: { id: bookingId } }: Of, accountId: string = randomUUID()): Promise<string> {
  const link = { bookingId, action: 'link', actorId: accountId, onBehalf: false, key: null, reason: null } as const
  expect(await engine.settle(link)).toMatchObject({ kind: 'done' })
  return accountId
}

const right = 'right@example.org'

test('an account that has added the booking by the link of the wrong address loses it with the link', async () => {
  const visit = await aVisit()
  await linked(visit)
  expect(await correct(visit, { patient: { name: 'Ada Lovelace' } })).toMatchObject({ kind: 'done' })
  const corrected = await correct(visit, { patient: { email: right } })
  expect(corrected).toMatchObject({ kind: 'done', booking: { accountId: null, patient: { email: right } } })
  expect(await epochOf(visit)).toBe(1)
  // The patient's own account adds it by the new link, and loses it to no correction of a contact that got no link.
  const own = await linked(visit)
  expect(await correct(visit, { patient: { phone: '+49 30 4712' } })).toMatchObject({ booking: { accountId: own } })
})

test('the account whose own address is the right one keeps the booking, and no other', async () => {
  const visit = await aVisit()
  const accountId = await linked(visit)
  const accountOfEmail = { email: 'Right@Example.org', accountId }
  expect(await correct(visit, { patient: { email: right }, accountOfEmail })).toMatchObject({ booking: { accountId } })
  const another = { email: right, accountId: randomUUID() }
  const toAnother = await correct(visit, { patient: { email: 'Third@example.org' }, accountOfEmail: another })
  expect(toAnother).toMatchObject({ kind: 'done', booking: { accountId: null } })
  // The address of the booking was another when the account was looked up.
  const raced = await aVisit()
  const outdated = { email: 'before@example.org', accountId: await linked(raced) }
  const after = await correct(raced, { patient: { email: right }, accountOfEmail: outdated })
  expect(after).toMatchObject({ kind: 'done', booking: { accountId: null } })
})

test('verify finds an account that was put back, or taken off, without the log', async () => {
  const visit = await aVisit()
  const accountId = await linked(visit)
  await correct(visit, { patient: { email: right } })
  const put = (id: string | null) =>
    database.ownerPool.query('update holdfast.booking set account_id = $2 where id = $1', [visit.booking.id, id])
  await put(accountId)
  const findings = () => engine.reads.verify({ clinicNo: visit.slot.clinicNo, detailsMax: 10 })
  expect((await findings()).details).toMatchObject([{ kind: 'state_differs', bookingId: visit.booking.id }])
  await put(null)
  await linked(visit, accountId)
  await put(null)
  expect((await findings()).details).toMatchObject([{ kind: 'state_differs', bookingId: visit.booking.id }])
  await put(accountId)
})

test('an account that has booked by itself keeps the booking', async () => {
  const accountId = randomUUID()
  const visit = await aVisit({ accountId })
  expect(await correct(visit, { patient: { email: right } })).toMatchObject({ booking: { accountId } })
})

test.for([
  ['another number', '+49 30 4712', 'contact_corrected', 1],
  ['the same number of another country', '+43 30 4711', 'contact_corrected', 1],
  ['the same number of another country after 00', '0043 30 4711', 'contact_corrected', 1],
  ['the same number without the country’s code', '030 4711', 'corrected', 0],
  ['the same number, where only its + was missing', '49 30 4711', 'corrected', 0],
] as const)('the link that a number has received by SMS, once the booking has %s', async ([, phone, type, epoch]) => {
  const visit = await aVisit()
  await database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, due_at)
     values ($1, $2, $3, 2, $4, 'confirmed', 'sms', now())`,
    [visit.slot.clinicNo, newId(visit.slot.clinicNo), visit.booking.id, visit.slot.id],
  )
  await correct(visit, { patient: { phone } })
  expect((await lastEventOf(visit))?.type).toBe(type)
  expect(await epochOf(visit)).toBe(epoch)
})

test.for(['ARRIVED', 'COMPLETED', 'NO_SHOW', 'CANCELLED'] as const)(
  'a booking that is %s is corrected, and keeps its status',
  async (status) => {
    const visit = await aVisit({ status })
    const outcome = await correct(visit, { patient: { name: 'Ada Lovelace' } })
    expect(outcome).toMatchObject({ kind: 'done', booking: { status } })
  },
)

test('what says so already, and a repetition, change nothing', async () => {
  const visit = await aVisit()
  const key = randomUUID()
  const change = { patient: { name: 'Ada Lovelace' }, key }
  expect((await correct(visit, change)).kind).toBe('done')
  await correct(visit, { patient: { name: 'Ada Byron' } })
  for (const again of [change, { patient: { name: 'Ada Byron' } }, {}]) {
    expect(await correct(visit, again)).toMatchObject({
      kind: 'unchanged',
      isRepeated: again === change,
      booking: { version: 4, patient: { name: 'Ada Byron' } },
    })
  }
})

test('a hold, a lapsed one and a booking that does not exist are not corrected', async () => {
  const held = await aVisit({ status: 'PENDING' })
  const change = { patient: { name: 'Ada' } }
  expect((await correct(held, change)).kind).toBe('invalid_transition')
  await lapseHolds(database, held.slot)
  expect((await correct(held, change)).kind).toBe('hold_expired')
  expect((await correct({ booking: { id: newId(held.slot.clinicNo) } }, change)).kind).toBe('booking_missing')
})

agedDatabaseTest(6)('a booking of a former month is corrected', async ({ database: aged }) => {
  const by = engineOf(aged)
  const { booking } = await aVisit({}, aged)
  const old = { booking: await ageBooking(aged, booking, 100) }
  const outcome = await correct(old, { patient: { name: 'Ada Lovelace' }, reason: '' }, by)
  expect(outcome).toMatchObject({ kind: 'done', booking: { patient: { name: 'Ada Lovelace' }, reason: null } })
})

/** Two people correct one field each, at the same time. @returns the patient afterwards */
async function correctedTwice(its: TestDatabase, by: Engine) {
  const visit = await aVisit({}, its)
  const lock = await holdLock(its.ownerPool, 'select from holdfast.booking where id = $1 for update', [
    visit.booking.id,
  ])
  const changes = [{ name: 'Ada Lovelace' }, { email: 'right@example.org' }]
  const correcting = changes.map((change) => correct(visit, { patient: change }, by))
  await lock.releaseOnce(2)
  await Promise.all(correcting)
  return (await by.reads.booking(visit.booking.id))?.patient
}

test('two corrections at once are both made', async () => {
  const both = { ...patient, name: 'Ada Lovelace', email: 'right@example.org' }
  expect(await correctedTwice(database, engine)).toEqual(both)
})

/** Whether one correction was made, and the other one was not. */
function hasLostOne(after: unknown): boolean {
  const { name, email } = after as { name: string; email: string }
  return (name === 'Ada Lovelace') !== (email === 'right@example.org')
}

test('negative control: without the lock, one of two corrections is lost', async () => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'begin_change', {
    part: 'booking := (lock_bookings(array[p_clinic_no], array[p_id]))[1];',
    becomes: 'select b.* into booking from booking b where b.clinic_no = p_clinic_no and b.id = p_id;',
  })
  const by = engineOf(planted)
  // The second one fails, because its event has the version of the first; or it overwrites it.
  const after = await correctedTwice(planted, by).catch((error: unknown) => error)
  const isLost = after instanceof pg.DatabaseError ? after.code === '23505' : hasLostOne(after)
  expect(isLost, String(after)).toBe(true)
})

test('a correction whose connection is lost while it waits for the booking is made all the same', async () => {
  const visit = await aVisit()
  const lock = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [
    visit.booking.id,
  ])
  const correcting = correct(visit, { patient: { name: 'Ada Lovelace' } })
  await untilLockWaiters(database, 1)
  await endLockWaiters(database)
  await lock.release()
  expect(await correcting).toMatchObject({ kind: 'done', booking: { patient: { name: 'Ada Lovelace' } } })
})
