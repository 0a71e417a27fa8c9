import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  aWaitlistEntry,
  type BuiltClinic,
  type BuiltDoctor,
  checkHistory,
  holdLock,
  placesOfText,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { Committed } from '../model/committed.ts'
import type { Engine } from '../model/engine.ts'
import { verify } from '../verify/verify.ts'

let database: TestDatabase
let clinic: BuiltClinic
let doctor: BuiltDoctor
let engine: Engine

test.beforeEach(async ({ database: testDatabase }) => {
  database = testDatabase
  clinic = await aClinic(database)
  doctor = await aDoctor(database, clinic)
  engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  return () => engine.stop()
})

const minutesMs = 60_000
const patient = { name: 'Grace Hopper', email: 'grace@example.org', phone: '+1 (202) 555-0100' }
const past = (minutesAgo = 60) => ({ startsAt: new Date(Date.now() - minutesAgo * minutesMs), capacity: 10 })
const erase = (bookingId: string, actorId: string | null = null) =>
  engine.erasures.ofBooking({ bookingId, actorId, key: null })
const findings = async () => (await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 100 })).details
const rowOf = async (id: string) =>
  (await database.ownerPool.query('select * from holdfast.booking where id = $1', [id])).rows[0]
const eventsOf = async (id: string) =>
  (await database.ownerPool.query('select * from holdfast.booking_event where booking_id = $1 order by version', [id]))
    .rows

test.for(['COMPLETED', 'NO_SHOW', 'CANCELLED', 'CONFIRMED', 'ARRIVED'] as const)(
  'a %s booking in the past loses its patient, and keeps slot, units, times and status',
  async (status) => {
    const slot = await aSlot(database, doctor, past())
    const accountId = randomUUID()
    const { id, version } = await aBooking(database, slot, { status, patient, accountId, reason: 'a secret', units: 2 })
    const before = await rowOf(id)
    const admin = randomUUID()
    const outcome = await erase(id, admin)
    expect(outcome).toMatchObject({
      kind: 'done',
      booking: { id, status, patient: { name: '' }, accountId: null, reason: null, version: version + 1 },
    })
    const after = await rowOf(id)
    expect(after).toEqual({
      ...before,
      account_id: null,
      patient: { name: '' },
      reason: null,
      cancellation_reason: null,
      version: version + 1,
      updated_at: after.updated_at,
      erased_at: after.updated_at,
    })
    const events = await eventsOf(id)
    expect(events.at(-1)).toMatchObject({ type: 'erased', status_after: status, actor_id: admin, units: 2 })
    expect(events.slice(0, -1).map((event) => [event.booking_digest, event.actor_id])).toEqual(
      Array.from({ length: version }, () => [null, null]),
    )
    expect(await findings()).toEqual([])
    expect(await checkHistory(database)).toEqual([])
  },
)

test('a repetition is unchanged, whoever sends it, and four at once erase once', async () => {
  const { id } = await aBooking(database, await aSlot(database, doctor, past()), { patient })
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => erase(id)))
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['done', 'unchanged', 'unchanged', 'unchanged'])
  expect(new Set(outcomes.map((outcome) => 'position' in outcome && outcome.position)).size).toBe(1)
  expect((await erase(id, randomUUID())).kind).toBe('unchanged')
  expect(await eventsOf(id)).toHaveLength(3)
})

test('bookings to come or in progress are refused, until they are cancelled', async () => {
  const coming = await aSlot(database, doctor, { capacity: 5 })
  const now = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 5 * minutesMs), capacity: 5 })
  for (const slot of [coming, now]) {
    for (const status of ['PENDING', 'CONFIRMED', 'ARRIVED'] as const) {
      expect(await erase((await aBooking(database, slot, { status })).id)).toEqual({ kind: 'booking_not_over' })
    }
  }
  const { id } = await aBooking(database, coming, { patient })
  await engine.settle({ bookingId: id, action: 'cancel', actorId: null, onBehalf: false, key: null, reason: 'ill' })
  expect((await erase(id)).kind).toBe('done')
  expect(await findings()).toEqual([])
})

test('an unknown booking is booking_missing', async () => {
  expect(await erase(doctor.id)).toEqual({ kind: 'booking_missing' })
  expect(await erase('nothing')).toEqual({ kind: 'booking_missing' })
})

test('a hold that has lapsed can be erased before the sweep, which then marks it as FAILED', async () => {
  const slot = await aSlot(database, doctor)
  const { id } = await aBooking(database, slot, {
    status: 'PENDING',
    holdExpiresAt: new Date(Date.now() - 1_000),
    patient,
  })
  expect(await erase(id)).toMatchObject({ kind: 'done', booking: { status: 'FAILED' } })
  await database.appPool.query('select holdfast.expire_holds(100)')
  expect((await eventsOf(id)).map(({ type }) => type)).toEqual(['held', 'erased', 'failed'])
  expect((await rowOf(id)).status).toBe('FAILED')
  expect(await findings()).toEqual([])
  expect(await checkHistory(database)).toEqual([])
})

test('after the erasure nothing else of the booking changes', async () => {
  const slot = await aSlot(database, doctor, past())
  const target = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 60 * minutesMs) })
  const { id } = await aBooking(database, slot, { patient })
  await erase(id)
  const actorId = randomUUID()
  for (const action of ['confirm', 'cancel', 'extend', 'arrive', 'complete', 'no_show', 'reopen', 'link'] as const) {
    const outcome = await engine.settle({ bookingId: id, action, actorId, onBehalf: true, key: null, reason: 'x' })
    expect(outcome, action).toEqual({ kind: 'booking_erased' })
  }
  expect(await engine.move({ bookingId: id, slotId: target.id, actorId, onBehalf: true })).toEqual({
    kind: 'booking_erased',
  })
})

test('the account of a booking erases it: neither its events nor the erasure name the account', async () => {
  const slot = await aSlot(database, doctor)
  const { id } = await aBooking(database, slot, { patient })
  const account = randomUUID()
  for (const action of ['link', 'cancel'] as const) {
    await engine.settle({ bookingId: id, action, actorId: account, onBehalf: false, key: null, reason: null })
  }
  expect((await eventsOf(id)).map(({ actor_id }) => actor_id)).toEqual([null, null, account, account])
  expect((await erase(id, account)).kind).toBe('done')
  expect((await eventsOf(id)).map(({ actor_id }) => actor_id)).toEqual([null, null, null, null, null])
  expect(await findings()).toEqual([])
  expect(await checkHistory(database)).toEqual([])
})

test('a hold that was extended stays extended, without the key of the request', async () => {
  const { id } = await aBooking(database, await aSlot(database, doctor), { status: 'PENDING', patient })
  const key = randomUUID()
  for (const action of ['extend', 'confirm', 'cancel'] as const) {
    const outcome = await engine.settle({ bookingId: id, action, actorId: null, onBehalf: true, key, reason: null })
    expect(outcome.kind).toBe('done')
  }
  expect(await erase(id)).toMatchObject({ kind: 'done', booking: { extended: true } })
  expect(await placesOfText(database, key)).toEqual([])
  expect(await findings()).toEqual([])
})

test('what staff did stays in the log with their account', async () => {
  const { id } = await aBooking(database, await aSlot(database, doctor), { patient, accountId: randomUUID() })
  const staff = randomUUID()
  await engine.settle({ bookingId: id, action: 'cancel', actorId: staff, onBehalf: true, key: null, reason: 'ill' })
  await erase(id)
  expect((await eventsOf(id)).map(({ actor_id }) => actor_id)).toEqual([null, null, staff, null])
})

test('all bookings of a contact or an account are erased, those of others and of other clinics are not', async () => {
  const elsewhere = await aDoctor(database, await aClinic(database))
  const accountId = randomUUID()
  const [over, coming, foreign] = [
    await aSlot(database, doctor, past()),
    await aSlot(database, doctor, { startsAt: new Date(Date.now() + 60 * minutesMs), capacity: 5 }),
    await aSlot(database, elsewhere, past()),
  ]
  const book = async (slot: typeof over, of: { patient: typeof patient | { name: string }; accountId?: string }) =>
    (await aBooking(database, slot, of)).id
  const mail = [
    await book(over, { patient }),
    await book(over, { patient: { ...patient, email: 'GRACE@Example.org', phone: '1' } }),
  ]
  const phone = await book(over, { patient: { name: 'Mrs Hopper', phone: '12025550100' } as typeof patient })
  const account = await book(over, { patient: { name: 'G' }, accountId })
  const kept = [await book(over, { patient: { name: 'Grace Hopper' } }), await book(foreign, { patient, accountId })]
  const notOver = await book(coming, { patient })
  const counts: number[] = []
  const ofPatient = (of: Parameters<Engine['erasures']['ofPatient']>[0]['patient']) =>
    engine.erasures.ofPatient({
      clinicNo: clinic.no,
      patient: of,
      actorId: null,
      onErased: (count) => counts.push(count),
    })
  const ofRecords = { recordsLeft: { count: 0, patientIds: [] }, guardianOf: 0 }
  const refused = { count: 1, bookingIds: [notOver] }
  expect(await ofPatient({ email: 'grace@example.org' })).toEqual({ erased: 2, notOver: refused, ...ofRecords })
  expect(await ofPatient({ email: 'grace@example.org' })).toEqual({ erased: 0, notOver: refused, ...ofRecords })
  expect(await ofPatient({ phone: '1 202 555 0100' })).toEqual({ erased: 1, notOver: refused, ...ofRecords })
  expect(await ofPatient({ phone: '+1 (202) 555-0100' })).toEqual({ erased: 0, notOver: refused, ...ofRecords })
  expect(await ofPatient({ accountId })).toEqual({ erased: 1, notOver: { count: 0, bookingIds: [] }, ...ofRecords })
  expect(counts).toEqual([2, 0, 1, 0, 1])
  for (const id of [...mail, phone, account]) expect((await rowOf(id)).erased_at, id).not.toBeNull()
  for (const id of [...kept, notOver]) expect((await rowOf(id)).erased_at, id).toBeNull()
  expect(await ofPatient({ phone: 'none' })).toEqual({ erased: 0, notOver: { count: 0, bookingIds: [] }, ...ofRecords })
})

test('a number is found in every spelling, also on the waitlist, and that of another country is not', async () => {
  const slot = await aSlot(database, doctor, past())
  const scene = async (phone: string) => ({
    booking: (await aBooking(database, slot, { patient: { name: 'Ada', phone } })).id,
    entry: (await aWaitlistEntry(database, doctor, { patient: { name: 'Ada', phone } })).id,
  })
  const same = [await scene('0171 2345678'), await scene('+49 171 2345678'), await scene('٠١٧١/٢٣٤٥٦٧٨')]
  const national = await scene('0170 2345678')
  const abroad = await scene('+44 1702 345678')
  const isErased = async ({ booking, entry }: typeof abroad) => {
    const ofEntry = await database.ownerPool.query(sql`select erased_at is not null as erased
        from holdfast.waitlist_entry where id = ${entry}`)
    return [(await rowOf(booking)).erased_at !== null, ofEntry.rows[0].erased]
  }
  const eraseAll = (phone: string) =>
    engine.erasures.ofPatient({ clinicNo: clinic.no, patient: { phone }, actorId: null })
  // Negative control: without the codes of their countries, these two numbers are one.
  const { rows } = await database.ownerPool.query(`
    select holdfast.fold_phone('+44 1702 345678') = holdfast.fold_phone('+49 170 2345678') as same`)
  expect(rows).toEqual([{ same: true }])
  // The clinic has chosen no country yet: a national number may be of any.
  expect((await eraseAll('+49 170 2345678')).erased).toBe(0)
  expect(await isErased(national)).toEqual([false, false])

  await engine.messages.changeSettings(clinic.no, { phoneCountry: 'DE' })
  expect((await eraseAll('+49 171 2345678')).erased).toBe(same.length)
  expect((await eraseAll('+49 170 2345678')).erased).toBe(1)
  for (const one of [...same, national]) expect(await isErased(one)).toEqual([true, true])
  expect(await isErased(abroad)).toEqual([false, false])
})

test('of stored responses it reads those that name the booking, in any field', async () => {
  const slot = await aSlot(database, doctor, past())
  const [{ id }, other] = [await aBooking(database, slot, { patient }), await aBooking(database, slot)]
  const key = () => ({ key: randomUUID(), requestHash: randomUUID() })
  const store = async (body: unknown) => {
    const stored = key()
    await engine.storedResponses.store(stored, { status: 200, body }, null)
    return stored
  }
  const naming = [await store({ id, patient }), await store({ items: [{ id: other.id }, { live: [id] }] })]
  const unrelated = await Promise.all(Array.from({ length: 200 }, () => store({ id: other.id, patient })))
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    await client.query('select from holdfast.erase_patient($1, array[$2::uuid], null, null)', [clinic.no, id])
    const { rows } = await client.query(`select (seq_tup_read + idx_tup_fetch)::int as read
        from pg_stat_xact_user_tables where relname = 'answer'`)
    expect(rows[0].read).toBeLessThan(10)
    await client.query('commit')
  } finally {
    client.release()
  }
  const kindOf = async (stored: { key: string; requestHash: string }) =>
    (await engine.storedResponses.find(stored)).kind
  expect(await Promise.all(naming.map(kindOf))).toEqual(['missing', 'missing'])
  expect(new Set(await Promise.all(unrelated.map(kindOf)))).toEqual(new Set(['found']))
})

test('an erasure waits for a change under way, and sees what it left', async () => {
  const slot = await aSlot(database, doctor)
  const { id } = await aBooking(database, slot, { status: 'CANCELLED', patient })
  const writing = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [id])
  const erasing = erase(id)
  await writing.release()
  expect((await erasing).kind).toBe('done')
})

test('it is announced, with its position, and changes no counts', async () => {
  const slot = await aSlot(database, doctor, past())
  const { id } = await aBooking(database, slot, { patient })
  const announced: Committed[] = []
  engine.onCommitted((committed) => announced.push(committed))
  const done = await erase(id)
  await erase(id)
  expect(announced).toMatchObject([
    { kind: 'bookings', position: 'position' in done ? done.position : '', slots: [] },
    { kind: 'bookings', position: null, slots: [] },
  ])
  expect(announced[0]?.doctorIds).toEqual(new Set([doctor.id]))
})

test.for(['{}', `{${Array.from({ length: 1001 }, () => randomUUID()).join()}}`, '{null}'])(
  'bookings %# are refused with 22023',
  async (ids) => {
    const erasing = database.appPool.query('select * from holdfast.erase_patient(1, $1::uuid[], null, null)', [ids])
    await expect(erasing).rejects.toMatchObject({ code: '22023' })
  },
)
