import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from './create-engine.ts'
import type { Committed } from './model/committed.ts'
import { clinicNoOf } from './model/id.ts'

// The result of a write can get lost after COMMIT, and its announcement with it. Its repetition changes nothing, but
// must be announced: until then this server may serve reads from a cache that is older than the write.

const test = databaseTest.extend('scene', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  onCleanup(() => engine.stop())
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  return { engine, clinic, doctor, slot: await aSlot(database, doctor) }
})

const noOne = { clinicNos: new Set(), doctorIds: new Set(), accountIds: new Set(), slots: [], snapshot: null }
const newKey = () => ({ key: randomUUID(), requestHash: randomUUID() })
const newClinic = { name: 'New', timezone: 'UTC', settings: {} }
const newDoctor = {
  name: 'Dr. New',
  specialization: 'Cardiology',
  experienceYears: null,
  rating: null,
  languages: [],
  fee: null,
  appointmentTypes: ['in_person' as const],
}

/** Runs a write twice. @returns both results, and what was announced by the second */
async function repeat<Result>(
  engine: ReturnType<typeof createEngine>,
  write: () => Promise<Result>,
): Promise<{ first: Result; second: Result; announced: Committed[] }> {
  const first = await write()
  const announced: Committed[] = []
  const unsubscribe = engine.onCommitted((committed) => announced.push(committed))
  const second = await write()
  unsubscribe()
  return { first, second, announced }
}

test('slots that exist are announced with the position that their creation returns', async ({ scene }) => {
  const { engine, doctor, slot } = scene
  const { second, announced } = await repeat(engine, () =>
    engine.createSlots({ doctorId: doctor.id, drafts: [slot], dryRun: false }),
  )
  expect(second.position).toMatch(/^[1-9]\d*$/)
  const { position } = second
  expect(announced).toEqual([{ ...noOne, kind: 'directory', position, doctorIds: new Set([doctor.id]) }])
})

test('a capacity that a slot has already is announced with the position it returns', async ({ scene }) => {
  const { engine, doctor, slot } = scene
  const { second, announced } = await repeat(engine, () =>
    engine.setCapacity({ clinicNo: slot.clinicNo, slotId: slot.id, capacity: 9 }),
  )
  const { position } = second as { position: string }
  expect(position).toMatch(/^[1-9]\d*$/)
  expect(announced).toEqual([{ ...noOne, kind: 'directory', position, doctorIds: new Set([doctor.id]) }])
})

test('a withdrawal of a withdrawn slot is announced with the position it returns', async ({ scene }) => {
  const { engine, doctor, slot } = scene
  const which = { slotId: slot.id }
  const { second, announced } = await repeat(engine, () =>
    engine.withdrawSlots({ clinicNo: slot.clinicNo, which, withBookings: true, dryRun: false, actorId: null }),
  )
  const { position } = second as { position: string }
  expect(position).toMatch(/^[1-9]\d*$/)
  expect(announced).toEqual([{ ...noOne, kind: 'directory', position, doctorIds: new Set([doctor.id]) }])
})

// They are announced without a position: the transaction may have written more, and another process may have made it.
test.for([
  { name: 'a claim sent again with its key', way: 'claim' },
  { name: 'a confirmation of a confirmed booking', way: 'confirm' },
  { name: 'a move to the slot that the booking has', way: 'move' },
] as const)('$name has no position, and its slot no count', async ({ way }, { database, scene }) => {
  const { engine, doctor } = scene
  const slot = await aSlot(database, doctor, { capacity: 3 })
  const { id: bookingId } = await aBooking(database, slot)
  const request = aClaim(slot)
  const who = { bookingId, actorId: null, onBehalf: true, key: null }
  const writes = {
    claim: () => engine.claim({ ...aClaim(slot), key: request.key, requestHash: request.requestHash }),
    confirm: () => engine.settle({ ...who, action: 'confirm', reason: null }),
    move: () => engine.move({ ...who, slotId: slot.id }),
  }
  const { announced } = await repeat<unknown>(engine, writes[way])
  const slots = [{ slotId: slot.id, doctorId: doctor.id, startsAt: slot.startsAt, available: null, lapsesInMs: null }]
  expect(announced).toEqual([{ ...noOne, kind: 'bookings', position: null, doctorIds: new Set([doctor.id]), slots }])
})

test('a clinic created with the key of one is announced without a position', async ({ scene: { engine } }) => {
  const writeKey = newKey()
  const { first, announced } = await repeat(engine, () => engine.directory.createClinic(newClinic, writeKey))
  const clinicNo = first.kind === 'done' ? first.value.no : Number.NaN
  expect(announced).toEqual([{ ...noOne, kind: 'directory', position: null, clinicNos: new Set([clinicNo]) }])
})

test('a doctor created with the key of one is announced without a position', async ({ scene: { engine, clinic } }) => {
  const writeKey = newKey()
  const { first, announced } = await repeat(engine, () => engine.directory.createDoctor(clinic.no, newDoctor, writeKey))
  const doctorId = first.kind === 'done' ? first.value.id : ''
  expect(clinicNoOf(doctorId)).toBe(clinic.no)
  expect(announced).toEqual([{ ...noOne, kind: 'directory', position: null, doctorIds: new Set([doctorId]) }])
})
