import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  checkHistory,
  createTestDatabase,
  holdLock,
  holdSlotLock,
  lapseHolds,
  shiftSlot,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../id.ts'
import { BatchQueue } from '../queue/batch-queue.ts'
import type { ClaimOutcome, ClaimRequest } from './claim.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

let database: TestDatabase
let doctor: BuiltDoctor

beforeAll(async () => {
  database = await createTestDatabase()
  doctor = await aDoctor(database, await aClinic(database))
})
afterAll(() => database.drop())

const aClaim = (slot: { id: string; clinicNo: number }, wishes: Partial<ClaimRequest> = {}): ClaimRequest => ({
  bookingId: newId(slot.clinicNo),
  slotId: slot.id,
  units: 1,
  patient: { name: 'Ada Lovelace', email: 'ada@example.org' },
  appointmentType: null,
  reason: null,
  confirm: false,
  accountId: null,
  actorId: null,
  key: randomUUID(),
  requestHash: randomUUID(),
  ...wishes,
})

async function claim(...requests: ClaimRequest[]): Promise<(ClaimOutcome | 'again')[]> {
  const answers = await runClaimBatch(database.appPool, requests)
  return answers.map((answer) => (answer.kind === 'answered' ? answer.outcome : 'again'))
}

const kinds = (outcomes: (ClaimOutcome | 'again')[]) => outcomes.map((one) => (one === 'again' ? one : one.kind))

async function slotRow(slot: { clinicNo: number; id: string }) {
  const { rows } = await database.ownerPool.query(
    'select taken, next_lapse from holdfast.slot where clinic_no = $1 and id = $2',
    [slot.clinicNo, slot.id],
  )
  return rows[0]
}

describe('claim_slots: the last place', () => {
  test('two claims on the last unit in one batch: the first is booked, the other hears slot_full', async () => {
    const slot = await aSlot(database, doctor)
    expect(kinds(await claim(aClaim(slot), aClaim(slot)))).toEqual(['booked', 'slot_full'])
    expect(await slotRow(slot)).toMatchObject({ taken: 1 })
  })

  test('two transactions want the last unit at the same time: one is booked, the other hears slot_full', async () => {
    const slot = await aSlot(database, doctor)
    const lock = await holdSlotLock(database, slot)
    const outcomes = Promise.all([claim(aClaim(slot)), claim(aClaim(slot))])
    await untilLockWaiters(database, 2)
    await lock.release()
    expect(kinds((await outcomes).flat()).sort()).toEqual(['booked', 'slot_full'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('without the lock that race is real, and only the constraint is left to stop it', async () => {
    const unlocked = await createTestDatabase()
    const { rows } = await unlocked.ownerPool.query<{ source: string }>(
      "select pg_get_functiondef(oid) as source from pg_proc where proname = 'claim_slots'",
    )
    const source = rows[0]?.source ?? ''
    // Both read one free unit; the test's lock on the counter stands in for the time between reading and writing.
    const planted = source.replace(/order by s\.clinic_no, s\.id\s+for update\) q/, 'order by s.clinic_no, s.id) q')
    expect(planted).not.toBe(source)
    await unlocked.ownerPool.query(planted)
    const slot = await aSlot(unlocked, await aDoctor(unlocked, await aClinic(unlocked)))
    const lock = await holdSlotLock(unlocked, slot)
    const racing = Promise.allSettled(
      [aClaim(slot), aClaim(slot)].map((request) => runClaimBatch(unlocked.appPool, [request])),
    )
    await untilLockWaiters(unlocked, 2)
    await lock.release()
    const results = await racing
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({
      reason: { constraint: 'slot_never_overbooked' },
    })

    await unlocked.ownerPool.query('alter table holdfast.slot drop constraint slot_never_overbooked')
    const second = await aSlot(unlocked, { id: slot.doctorId, clinicNo: slot.clinicNo, clinicId: '' })
    const again = await holdSlotLock(unlocked, second)
    const oversold = Promise.all(
      [aClaim(second), aClaim(second)].map((request) => runClaimBatch(unlocked.appPool, [request])),
    )
    await untilLockWaiters(unlocked, 2)
    await again.release()
    expect((await oversold).flat()).toMatchObject([{ outcome: { kind: 'booked' } }, { outcome: { kind: 'booked' } }])
    expect(await checkHistory(unlocked)).not.toEqual([])
    await unlocked.drop()
  })

  test('units are counted, and a smaller request behind a larger one that does not fit is sent again, not refused', async () => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const [first, large, small] = [aClaim(slot, { units: 2 }), aClaim(slot, { units: 2 }), aClaim(slot)]
    expect(kinds(await claim(first, large, small))).toEqual(['booked', 'slot_full', 'again'])
    expect(kinds(await claim(small))).toEqual(['booked'])
    expect(await slotRow(slot)).toMatchObject({ taken: 3 })
  })

  test('batches that want the same slots in opposite order do not deadlock', async () => {
    const slots = await Promise.all(
      Array.from({ length: 8 }, async () =>
        aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 1000 }),
      ),
    )
    const batches = Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? slots : slots.toReversed()).map((slot) => aClaim(slot)),
    )
    const outcomes = await Promise.all(batches.map((batch) => claim(...batch)))
    expect(new Set(kinds(outcomes.flat()))).toEqual(new Set(['booked']))
    expect(await Promise.all(slots.map(async (slot) => (await slotRow(slot))?.taken))).toEqual(slots.map(() => 40))
  })
})

describe('claim_slots: holds', () => {
  test('a hold lapses by itself: the next request gets the place, with no worker running', async () => {
    const slot = await aSlot(database, doctor)
    const [held] = await claim(aClaim(slot))
    expect(kinds(await claim(aClaim(slot)))).toEqual(['slot_full'])
    expect(await lapseHolds(database, slot)).toBe(1)
    expect(kinds(await claim(aClaim(slot)))).toEqual(['booked'])
    if (held === undefined || held === 'again' || held.kind !== 'booked') throw new Error('not booked')
    const { rows } = await database.ownerPool.query(
      'select status, failure_reason, version from holdfast.booking where id = $1',
      [held.booking.id],
    )
    expect(rows).toEqual([{ status: 'FAILED', failure_reason: 'hold_expired', version: 2 }])
    expect(await checkHistory(database)).toEqual([])
  })

  test('the hold lasts as long as the clinic says; confirmed at once there is none', async () => {
    const clinic = await aClinic(database, { settings: { holdSeconds: 300 } })
    const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 2 })
    const [held, confirmed] = await claim(aClaim(slot), aClaim(slot, { confirm: true }))
    expect(held).toMatchObject({ kind: 'booked', booking: { status: 'PENDING' } })
    if (held === undefined || held === 'again' || held.kind !== 'booked') throw new Error('not booked')
    expect((held.booking.holdExpiresAt?.getTime() ?? 0) - held.booking.createdAt.getTime()).toBe(300_000)
    expect(confirmed).toMatchObject({ kind: 'booked', booking: { status: 'CONFIRMED', holdExpiresAt: null } })
  })

  test('a hold confirmed in its last moment is kept, though a claim is already waiting to give it back', async () => {
    const slot = await aSlot(database, doctor)
    const [held] = await claim(aClaim(slot))
    if (held === undefined || held === 'again' || held.kind !== 'booked') throw new Error('not booked')
    await lapseHolds(database, slot)
    // A confirmation made in time is in flight and holds the booking's row; a claim wants the place.
    const client = await database.ownerPool.connect()
    await client.query('begin')
    await client.query(
      "update holdfast.booking set status = 'CONFIRMED', hold_expires_at = null, version = 2 where id = $1",
      [held.booking.id],
    )
    await client.query(
      `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
       values ($1, $2, 2, now(), 'confirmed', $3, $4, 1)`,
      [slot.clinicNo, held.booking.id, slot.id, slot.doctorId],
    )
    const other = claim(aClaim(slot))
    await untilLockWaiters(database, 1)
    await client.query('commit')
    client.release()
    expect(kinds(await other)).toEqual(['slot_full'])
    expect(await slotRow(slot)).toMatchObject({ taken: 1, next_lapse: null })
  })

  test('2,500 lapsed holds on one slot are given back a thousand at a time, and nobody is refused meanwhile', async () => {
    const slot = await aSlot(database, doctor, { capacity: 2500 })
    for (let done = 0; done < 2500; done += 125) await claim(...Array.from({ length: 125 }, () => aClaim(slot)))
    expect(await lapseHolds(database, slot)).toBe(2500)
    const large = aClaim(slot, { units: 2500 })
    expect(kinds(await claim(large))).toEqual(['again'])
    expect(await slotRow(slot)).toMatchObject({ taken: 1500 })
    const queue = new BatchQueue<ClaimRequest, ClaimOutcome>({
      name: 'claim',
      run: (items) => runClaimBatch(database.appPool, items),
    })
    expect(await queue.submit(large)).toMatchObject({ kind: 'booked' })
    expect(await slotRow(slot)).toMatchObject({ taken: 2500 })
  })
})

describe('claim_slots: retries', () => {
  test('the same key and hash: the first answer again, even when the slot is full and the booking has moved on', async () => {
    const slot = await aSlot(database, doctor)
    const request = aClaim(slot)
    const [first] = await claim(request)
    if (first === undefined || first === 'again' || first.kind !== 'booked') throw new Error('not booked')
    await runSettleBatch(database.appPool, [
      { bookingId: first.booking.id, action: 'confirm', actorId: null, onBehalf: false, key: null, reason: null },
    ])
    const [retried] = await claim({ ...request, bookingId: newId(slot.clinicNo) })
    expect(retried).toEqual({ ...first, kind: 'replayed' })
  })

  test('the same key with another hash is refused, and books nothing', async () => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const request = aClaim(slot)
    expect(kinds(await claim(request))).toEqual(['booked'])
    expect(kinds(await claim({ ...request, bookingId: newId(slot.clinicNo), requestHash: randomUUID() }))).toEqual([
      'key_reused',
    ])
    expect(await slotRow(slot)).toMatchObject({ taken: 1 })
  })

  test('one key twice in a batch: one booking, and the other is sent again', async () => {
    const slot = await aSlot(database, doctor, { capacity: 5 })
    const request = aClaim(slot)
    expect(kinds(await claim(request, { ...request, bookingId: newId(slot.clinicNo) }))).toEqual(['booked', 'again'])
    expect(await slotRow(slot)).toMatchObject({ taken: 1 })
  })

  test('one key in twenty transactions at once, over two slots: one booking, everybody hears of the same one', async () => {
    const [slot, other] = [
      await aSlot(database, doctor, { capacity: 50 }),
      await aSlot(database, doctor, { capacity: 50 }),
    ]
    const request = aClaim(slot)
    const locks = [await holdSlotLock(database, slot), await holdSlotLock(database, other)]
    const queues = Array.from(
      { length: 20 },
      () =>
        new BatchQueue<ClaimRequest, ClaimOutcome>({
          name: 'claim',
          run: (items) => runClaimBatch(database.appPool, items),
        }),
    )
    const racing = Promise.all(
      queues.map((queue, n) =>
        queue.submit({
          ...request,
          bookingId: newId(slot.clinicNo),
          ...(n % 5 === 4 ? { slotId: other.id, requestHash: randomUUID() } : {}),
        }),
      ),
    )
    await untilLockWaiters(database, 20)
    await Promise.all(locks.map((lock) => lock.release()))
    const outcomes = await racing
    const counted = outcomes.reduce<Record<string, number>>(
      (counts, { kind }) => Object.assign(counts, { [kind]: (counts[kind] ?? 0) + 1 }),
      {},
    )
    expect(counted.booked ?? 0).toBe(1)
    expect([await slotRow(slot), await slotRow(other)].map((row) => row?.taken).reduce((a, b) => a + b)).toBe(1)
    expect((counted.replayed ?? 0) + (counted.key_reused ?? 0)).toBe(19)
  })

  test("a connection lost after COMMIT: sent again, it is told as booked, for it is the caller's first answer", async () => {
    const slot = await aSlot(database, doctor)
    const request = aClaim(slot)
    let runs = 0
    const queue = new BatchQueue<ClaimRequest, ClaimOutcome>({
      name: 'claim',
      run: async (items) => {
        const answers = await runClaimBatch(database.appPool, items)
        runs += 1
        if (runs === 1) throw Object.assign(new Error('Connection terminated unexpectedly'))
        return answers
      },
    })
    expect(await queue.submit(request)).toMatchObject({ kind: 'booked', booking: { id: request.bookingId } })
    expect(runs).toBe(2)
    expect(await slotRow(slot)).toMatchObject({ taken: 1 })
  })
})

test('the log names who acted: somebody at the desk before the account it is for', async () => {
  const slot = await aSlot(database, doctor, { capacity: 3 })
  const [accountId, actorId] = [randomUUID(), randomUUID()]
  const claims = [aClaim(slot, { accountId }), aClaim(slot, { actorId }), aClaim(slot)]
  await claim(...claims)
  const { rows } = await database.ownerPool.query<{ booking_id: string; actor_id: string | null }>(
    'select booking_id, actor_id from holdfast.booking_event where slot_id = $1',
    [slot.id],
  )
  const actors = claims.map(({ bookingId }) => rows.find((row) => row.booking_id === bookingId)?.actor_id)
  expect(actors).toEqual([accountId, actorId, null])
})

describe('claim_slots: refusals', () => {
  test('each closed slot says why', async () => {
    const clinic = await aClinic(database, { settings: { minimumNoticeMinutes: 60, bookingHorizonDays: 30 } })
    const open = await aDoctor(database, clinic)
    const inactive = await aDoctor(database, clinic, { active: false })
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000)
    const slots = [
      await aSlot(database, open, { startsAt: inMinutes(-20) }),
      await aSlot(database, open, { startsAt: inMinutes(30) }),
      await aSlot(database, open, { startsAt: inMinutes(31 * 1440) }),
      await aSlot(database, open, { startsAt: inMinutes(200), withdrawn: true }),
      await aSlot(database, inactive, { startsAt: inMinutes(200) }),
      { id: newId(clinic.no), clinicNo: clinic.no },
      await aSlot(database, open, { startsAt: inMinutes(300) }),
    ]
    const outcomes = await claim(...slots.map((slot) => aClaim(slot)))
    expect(outcomes.map((one) => (one === 'again' ? one : one.kind === 'slot_closed' ? one.why : one.kind))).toEqual([
      'started',
      'minimum_notice',
      'booking_horizon',
      'withdrawn',
      'doctor_inactive',
      'slot_missing',
      'booked',
    ])
  })

  test('more units than the slot ever has, and a kind of appointment the doctor does not offer', async () => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    expect(await claim(aClaim(slot, { units: 3 }), aClaim(slot, { appointmentType: 'video' }))).toEqual([
      { kind: 'units_over_capacity', capacity: 2 },
      { kind: 'appointment_type_not_offered' },
    ])
    const video = await aSlot(
      database,
      await aDoctor(database, await aClinic(database), { appointmentTypes: ['video'] }),
    )
    expect(await claim(aClaim(video))).toMatchObject([{ booking: { appointmentType: 'video' } }])
  })

  test('a slot withdrawn while the claim waits for it is closed', async () => {
    const slot = await aSlot(database, doctor)
    const client = await database.ownerPool.connect()
    await client.query('begin')
    await client.query('update holdfast.slot set withdrawn_at = now() where id = $1', [slot.id])
    const waiting = claim(aClaim(slot))
    await untilLockWaiters(database, 1)
    await client.query('commit')
    client.release()
    expect(await waiting).toEqual([{ kind: 'slot_closed', why: 'withdrawn' }])
  })

  test('a batch of refusals and replays takes no transaction id, so nothing is flushed for it', async () => {
    const full = await aSlot(database, doctor)
    const known = aClaim(full)
    await claim(known)
    const past = await aSlot(database, await aDoctor(database, await aClinic(database)))
    await shiftSlot(database, past, -3000)
    const client = await database.appPool.connect()
    await client.query('begin')
    const pool = Object.assign(Object.create(database.appPool), { query: client.query.bind(client) })
    const answers = await runClaimBatch(pool, [
      aClaim(full),
      aClaim(past),
      { ...known, bookingId: newId(full.clinicNo) },
    ])
    const assigned = await client.query('select pg_current_xact_id_if_assigned() as xid')
    expect(assigned.rows).toEqual([{ xid: null }])
    // The control: a claim that is booked does take one.
    await runClaimBatch(pool, [aClaim(await aSlot(database, doctor))])
    expect((await client.query('select pg_current_xact_id_if_assigned() as xid')).rows).not.toEqual([{ xid: null }])
    await client.query('rollback')
    client.release()
    expect(answers.map((answer) => (answer.kind === 'answered' ? answer.outcome.kind : 'again'))).toEqual([
      'slot_full',
      'slot_closed',
      'replayed',
    ])
  })

  test('one poisonous request in a batch of 128 hurts nobody else', async () => {
    const slot = await aSlot(database, doctor, { capacity: 200 })
    const queue = new BatchQueue<ClaimRequest, ClaimOutcome>({
      name: 'claim',
      run: (items) => runClaimBatch(database.appPool, items),
    })
    const poison = aClaim(slot, { reason: 'a NUL \u0000 here' })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 128 }, (_, n) => queue.submit(n === 60 ? poison : aClaim(slot))),
    )
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(127)
    expect(outcomes[60]).toMatchObject({ status: 'rejected', reason: { code: '22021' } })
    expect(await slotRow(slot)).toMatchObject({ taken: 127 })
  })

  test('what other people wait for is not waited for: a full slot that somebody has locked is refused at once', async () => {
    const slot = await aSlot(database, doctor)
    await aBooking(database, slot)
    const lock = await holdLock(database.ownerPool, 'select from holdfast.slot where id = $1 for update', [slot.id])
    expect(kinds(await claim(aClaim(slot)))).toEqual(['slot_full'])
    await lock.release()
  })
})
