import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  holdLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase } from '@holdfast/testkit/database-test'
import { expect, test } from 'vitest'
import { checkedEngine } from '../../test/checked-engine.ts'
import { engineOf } from '../../test/engine-of.ts'
import type { CorrectionRequest } from '../model/correction.ts'
import type { Engine } from '../model/engine.ts'

let database: TestDatabase
let engine: Engine

checkedEngine((scene) => {
  ;({ database, engine } = scene)
})

const ada = { name: 'Ada Lovelace', email: 'ada@example.org' }
const mistyped = { name: 'Ada Lovelcae', email: 'ada@example.org' }
const hour = 3_600_000

/** The slots of two doctors at one time. */
async function slotsAtOnce(its = database, startsAt = new Date(Date.now() + hour)) {
  const clinic = await aClinic(its)
  const first = await aSlot(its, await aDoctor(its, clinic), { startsAt })
  return { clinic, first, second: await aSlot(its, await aDoctor(its, clinic), { startsAt }) }
}

const correct = (bookingId: string, patient: CorrectionRequest['patient'], by = engine, more = {}) =>
  by.correctPatient({ bookingId, actorId: null, key: null, patient, knownBy: 'clinic', ...more })

test('a correction names the appointment that the patient has by it then, and is made when not asked', async () => {
  const { first, second } = await slotsAtOnce()
  const other = await aBooking(database, first, { patient: ada })
  const { id } = await aBooking(database, second, { patient: mistyped })
  expect(await correct(id, { name: ada.name })).toEqual({ kind: 'patient_booked', otherId: other.id })
  expect((await engine.reads.booking(id))?.patient).toEqual(mistyped)
  const made = { kind: 'done', booking: { patient: ada } }
  expect(await correct(id, { name: ada.name }, engine, { knownBy: null })).toMatchObject(made)
  // What has been done is refused no more, nor is what leaves the patient who they are.
  expect((await correct(id, { name: ada.name })).kind).toBe('unchanged')
  expect((await correct(id, { name: 'ada lovelace' }, engine, { reason: 'Cough' })).kind).toBe('done')
})

test('a contact makes a patient of that name the one who has another appointment', async () => {
  const { first, second } = await slotsAtOnce()
  const other = await aBooking(database, first, { patient: ada })
  const { id } = await aBooking(database, second, { patient: { name: ada.name, email: 'byron@example.org' } })
  expect(await correct(id, { email: ada.email })).toEqual({ kind: 'patient_booked', otherId: other.id })
  expect((await correct(id, { phone: '+49 30 4711' })).kind).toBe('done')
})

test('an appointment at that time that the patient had before is asked about no more, another one is', async () => {
  const phone = '+49 30 4711'
  const { clinic, first, second } = await slotsAtOnce()
  await aBooking(database, first, { patient: { ...ada, phone } })
  const { id } = await aBooking(database, second, { patient: { ...ada, phone } })
  expect((await correct(id, { email: 'byron@example.org' })).kind).toBe('done')
  expect((await correct(id, { phone: '+49 30 4712', email: 'ada@example.org' })).kind).toBe('done')
  const { startsAt } = first
  const third = await aBooking(database, await aSlot(database, await aDoctor(database, clinic), { startsAt }), {
    patient: { name: ada.name, email: 'byron@example.org' },
  })
  expect(await correct(id, { email: 'byron@example.org' })).toEqual({ kind: 'patient_booked', otherId: third.id })
})

test.for([
  ['a visit that was cancelled', 'CANCELLED', hour],
  ['a visit that is over', 'CONFIRMED', -24 * hour],
] as const)('%s is corrected without a look at others', async ([, status, ahead]) => {
  const { first, second } = await slotsAtOnce(database, new Date(Date.now() + ahead))
  await aBooking(database, first, { patient: ada })
  const { id } = await aBooking(database, second, { patient: mistyped, status })
  expect((await correct(id, { name: ada.name })).kind).toBe('done')
})

/** A correction, while an appointment for the same patient is being booked at that time. @returns its outcome */
async function whileBooked(its: TestDatabase, by: Engine): Promise<string> {
  const { first, second } = await slotsAtOnce(its)
  const { id } = await aBooking(its, second, { patient: mistyped })
  const lock = await holdLock(its.ownerPool, 'select from holdfast.slot where id = $1 for update', [first.id])
  const booking = by.claim(aClaim(first, { confirm: true, knownBy: 'clinic', patient: ada }))
  await untilLockWaiters(its, 1)
  const correction = correct(id, { name: ada.name }, by)
  // With the guard, the correction waits for the booking; without it, it is made meanwhile.
  await Promise.race([untilLockWaiters(its, 2), correction])
  await lock.release()
  expect((await booking).kind).toBe('booked')
  return (await correction).kind
}

test('a correction waits for a booking of the same patient, and sees it', async () => {
  expect(await whileBooked(database, engine)).toBe('patient_booked')
})

test('negative control: without the lock of the patient, both are made', async () => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'visits_at_once', { part: 'perform lock_patients(p_clinic_nos, v_names);', becomes: '' })
  const by = engineOf(planted)
  expect(await whileBooked(planted, by)).toBe('done')
})

test('a booking that another session corrects meanwhile is judged again', async () => {
  const { first, second } = await slotsAtOnce()
  await aBooking(database, first, { patient: ada })
  const { id } = await aBooking(database, second, { patient: { name: 'Grace Hopper', email: 'grace@example.org' } })
  const lock = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [id])
  const renamed = correct(id, { name: ada.name }, engine, { key: randomUUID() })
  await untilLockWaiters(database, 1)
  const readdressed = correct(id, { email: ada.email }, engine, { key: randomUUID() })
  await lock.releaseOnce(2)
  const kinds = [(await renamed).kind, (await readdressed).kind].sort()
  expect(kinds).toEqual(['done', 'patient_booked'])
})
