// Rest: each change of a booking that waits for a locked row
import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  aWaitlistEntry,
  type BuiltBooking,
  type BuiltDoctor,
  type BuiltSlot,
  checkHistory,
  type HeldLock,
  holdLock,
  holdSlotLock,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { describe, expect, onTestFinished } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'
import { newId } from '../model/id.ts'
import type { SettleAction } from '../model/settle.ts'
import type { BatchReport } from '../queue/batch-report.ts'

// Every kind of row that a batched write locks, and a transaction that hangs while it holds that lock. The writes of
// other clinics in the same batch must be done after one lock timeout, together: one batch fails, and the next one has
// all of them.

type Engine = ReturnType<typeof createEngine>

/** What a write of one clinic needs. */
type Place = { doctor: BuiltDoctor; slot: BuiltSlot; target: BuiltSlot; booking: BuiltBooking }

type Case = {
  name: string
  queue: 'admission' | 'claim' | 'settle' | 'move'
  /** The key is that of the claim that has to wait. */
  hang(database: TestDatabase, place: Place, key: string): Promise<HeldLock>
  write(engine: Engine, place: Place, key: string): Promise<{ kind: string }>
}

async function aPlace(database: TestDatabase): Promise<Place> {
  const doctor = await aDoctor(database, await aClinic(database))
  const [slot, target] = [
    await aSlot(database, doctor, { capacity: 3 }),
    await aSlot(database, doctor, { capacity: 3 }),
  ]
  return {
    doctor,
    slot,
    target,
    booking: await aBooking(database, slot, { status: 'PENDING', patient: { name: 'Grace Hopper' } }),
  }
}

const lockBooking = (database: TestDatabase, { id }: BuiltBooking) =>
  holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [id])

/** The two locks of lock_waitlists: somebody joins, and somebody offers places. */
const lockJoining = (database: TestDatabase, { clinicNo }: BuiltSlot) =>
  holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261799, $1)', [clinicNo])
const lockOffering = async (database: TestDatabase, doctor: BuiltDoctor) => {
  await aWaitlistEntry(database, doctor, { units: 3 })
  return holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261800, $1)', [doctor.clinicNo])
}

const aLapsedHold = (database: TestDatabase, slot: BuiltSlot) =>
  aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 60_000) })

const lockLapsedHold = async (database: TestDatabase, slot: BuiltSlot) =>
  lockBooking(database, await aLapsedHold(database, slot))

const claim: Case['write'] = (engine, { slot }, key) => engine.claim(aClaim(slot, { key }))
const move: Case['write'] = (engine, { booking, target }) =>
  engine.move({ bookingId: booking.id, slotId: target.id, actorId: null, onBehalf: true })

const lockName = (database: TestDatabase, { clinicNo }: BuiltSlot, name: string) =>
  holdLock(database.ownerPool, 'select pg_advisory_xact_lock(holdfast.patient_lock($1, $2))', [clinicNo, name])
/** The patient of writes that look for other appointments of the patient. */
const ada = { name: ' Ada  Lovelace', email: 'ada@example.org' }
const byClinic = { actorId: null, onBehalf: true, key: null, reason: null, knownBy: 'clinic' } as const
const settle =
  (action: SettleAction): Case['write'] =>
  (engine, { booking }) =>
    engine.settle({ bookingId: booking.id, action, actorId: randomUUID(), onBehalf: true, key: null, reason: null })

const cases: Case[] = [
  {
    name: 'a claim: its slot',
    queue: 'claim',
    hang: (database, { slot }) => holdSlotLock(database, slot),
    write: claim,
  },
  {
    name: 'a claim: a lapsed hold on its slot',
    queue: 'claim',
    hang: (database, { slot }) => lockLapsedHold(database, slot),
    write: claim,
  },
  {
    name: 'a claim: its key',
    queue: 'claim',
    hang: (database, { slot }, key) =>
      holdLock(
        database.ownerPool,
        `insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
         values ($1, $2, $2, $2, now())`,
        [slot.clinicNo, key],
      ),
    write: claim,
  },
  ...(['confirm', 'extend', 'link', 'cancel'] as const).map(
    (action): Case => ({
      name: `${action}: the booking`,
      queue: 'settle',
      hang: (database, { booking }) => lockBooking(database, booking),
      write: settle(action),
    }),
  ),
  {
    name: 'cancel: the slot',
    queue: 'settle',
    hang: (database, { slot }) => holdSlotLock(database, slot),
    write: settle('cancel'),
  },
  {
    name: 'a move: the slot that it enters',
    queue: 'move',
    hang: (database, { target }) => holdSlotLock(database, target),
    write: move,
  },
  {
    name: 'a move: the slot that it leaves',
    queue: 'move',
    hang: (database, { slot }) => holdSlotLock(database, slot),
    write: move,
  },
  {
    name: 'a move: the booking',
    queue: 'move',
    hang: (database, { booking }) => lockBooking(database, booking),
    write: move,
  },
  {
    name: 'a move: a lapsed hold on the slot that it enters',
    queue: 'move',
    hang: (database, { target }) => lockLapsedHold(database, target),
    write: move,
  },
  ...(['cancel', 'decline'] as const).flatMap((action): Case[] => [
    {
      name: `${action}: the waitlist of the clinic, which somebody joins`,
      queue: 'settle',
      hang: (database, { slot }) => lockJoining(database, slot),
      write: settle(action),
    },
    {
      name: `${action}: the waitlist of the clinic, from which somebody offers`,
      queue: 'settle',
      hang: (database, { doctor }) => lockOffering(database, doctor),
      write: settle(action),
    },
  ]),
  {
    name: 'a move: the waitlist of the clinic',
    queue: 'move',
    hang: (database, { slot }) => lockJoining(database, slot),
    write: move,
  },
  {
    name: 'a claim: the waitlist of the clinic, for a lapsed hold on its slot',
    queue: 'claim',
    async hang(database, { slot }) {
      await aLapsedHold(database, slot)
      return lockJoining(database, slot)
    },
    write: claim,
  },
  ...([
    {
      name: 'a claim: the name of its patient',
      queue: 'claim',
      hang: (database, { slot }) => lockName(database, slot, 'ada lovelace'),
      write: (engine, { slot }, key) =>
        engine.claim(aClaim(slot, { key, confirm: true, knownBy: 'clinic', patient: ada })),
    },
    {
      name: 'confirm: the name of the patient that it writes',
      queue: 'settle',
      hang: (database, { slot }) => lockName(database, slot, 'ada lovelace'),
      write: (engine, { booking }) =>
        engine.settle({ ...byClinic, bookingId: booking.id, action: 'confirm', patient: ada }),
    },
    {
      name: 'confirm: the name of its patient',
      queue: 'settle',
      hang: (database, { slot }) => lockName(database, slot, 'grace hopper'),
      write: (engine, { booking }) => engine.settle({ ...byClinic, bookingId: booking.id, action: 'confirm' }),
    },
    {
      name: 'a move: the name of its patient',
      queue: 'move',
      hang: (database, { slot }) => lockName(database, slot, 'grace hopper'),
      write: (engine, { booking, target }) => engine.move({ ...byClinic, bookingId: booking.id, slotId: target.id }),
    },
  ] satisfies Case[]),
  {
    name: 'a reservation: the clinic',
    queue: 'admission',
    hang: (database, { slot }) =>
      holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261797, $1)', [slot.clinicNo]),
    write: (engine, { slot }) =>
      engine.admit({
        bookingId: newId(slot.clinicNo),
        key: randomUUID(),
        units: 1,
        confirm: false,
        origins: [{ kind: 'address', subject: randomUUID() }],
      }),
  },
]

const done = ['booked', 'done', 'admitted']

/**
 * Sends a batch of five writes of five clinics, of which the first has to wait, and lets the lock go when the others
 * are done.
 *
 * @returns the batches of more than one write until then
 */
async function batchesWhileLocked(database: TestDatabase, { queue, hang, write }: Case) {
  const batches: Pick<BatchReport, 'size' | 'failed'>[] = []
  const onBatch = ({ queue: of, size, failed }: BatchReport) => {
    if (of === queue && size > 1) batches.push({ size, failed })
  }
  const batchPool = createPool({ url: database.appUrl, max: 10, name: 'batches', lockTimeoutMs: 300 })
  const engine = createEngine({ batchPool, generalPool: database.appPool, waitMsMax: 60_000, onBatch })
  onTestFinished(async () => {
    await engine.stop()
    await batchPool.close(1_000)
  })
  const places: Place[] = []
  for (let n = 0; n < 5; n += 1) places.push(await aPlace(database))
  const key = randomUUID()
  const [place] = places
  if (place === undefined) throw new Error('no place')
  const lock = await hang(database, place, key)
  onTestFinished(() => lock.release())
  const [first, ...others] = places.map((one, index) => write(engine, one, index === 0 ? key : randomUUID()))
  const outcomes = await Promise.all(others)
  const until = [...batches]
  await lock.release()
  expect([...outcomes, await first].map((outcome) => done.includes(outcome?.kind ?? ''))).toEqual(Array(5).fill(true))
  return until
}

const asDocumented = [
  { size: 5, failed: true },
  { size: 4, failed: false },
]

describe('a transaction that hangs with a lock delays the other clinics by one lock timeout', () => {
  test.for(cases)('$name', async (one, { database }) => {
    expect(await batchesWhileLocked(database, one)).toEqual(asDocumented)
  })

  test('after all of this, the log agrees with the bookings', async ({ database }) => {
    expect(await checkHistory(database)).toEqual([])
  })
})

describe('a confirmation does not wait for its slot', () => {
  test('while another transaction has locked that', async ({ database }) => {
    const [place, other] = [await aPlace(database), await aPlace(database)]
    const engine = engineOf(database)
    const lock = await holdSlotLock(database, place.slot)
    onTestFinished(() => lock.release())
    const outcomes = await Promise.all([place, other].map((one) => settle('confirm')(engine, one, '')))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done'])
  })
})

test('the sweep leaves a lapsed hold that is locked elsewhere, and gives back the others', async ({ database }) => {
  const [{ slot }, { slot: other }] = [await aPlace(database), await aPlace(database)]
  const holdExpiresAt = new Date(Date.now() - 60_000)
  const lapsed = () => aBooking(database, slot, { status: 'PENDING', holdExpiresAt })
  const [locked, beside] = [await lapsed(), await lapsed()]
  const elsewhere = await aBooking(database, other, { status: 'PENDING', holdExpiresAt })
  const statuses = async () => {
    const ids = [locked, beside, elsewhere].map(({ id }) => id)
    const { rows } = await database.ownerPool.query<{ status: string }>(
      'select b.status from unnest($1::uuid[]) with ordinality i(id, n) join holdfast.booking b using (id) order by n',
      [ids],
    )
    return rows.map(({ status }) => status)
  }
  const lock = await lockBooking(database, locked)
  onTestFinished(() => lock.release())
  // A wait for the lock would not end.
  await database.appPool.query('select holdfast.expire_holds(1000)')
  expect(await statuses()).toEqual(['PENDING', 'FAILED', 'FAILED'])
  await lock.release()
  await database.appPool.query('select holdfast.expire_holds(1000)')
  expect(await statuses()).toEqual(['FAILED', 'FAILED', 'FAILED'])
  expect(await checkHistory(database)).toEqual([])
})

test('the sweep finds lapsed holds beside a locked slot with more than one step takes', async ({ database }) => {
  const [{ slot }, { slot: other }] = [await aPlace(database), await aPlace(database)]
  const holdExpiresAt = new Date(Date.now() - 60_000)
  for (const _ of [1, 2]) await aBooking(database, slot, { status: 'PENDING', holdExpiresAt })
  await aBooking(database, other, { status: 'PENDING', holdExpiresAt })
  const lock = await holdSlotLock(database, slot)
  onTestFinished(() => lock.release())
  const { rows } = await database.appPool.query<{ n: number }>('select holdfast.expire_holds(2) as n')
  expect(rows).toEqual([{ n: 1 }])
})

// PostgreSQL may wait in spite of `skip locked`, for a row that was changed after the statement began. Here it waits
// because the words are removed.
describe('a row that is waited for after all', () => {
  test('the sweep leaves it to the next run', async () => {
    const database = await anotherDatabase()
    await plantFunction(database, 'expire_holds', { part: /skip locked/g, becomes: '' })
    const { slot } = await aPlace(database)
    await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 60_000) })
    const lock = await holdSlotLock(database, slot)
    onTestFinished(() => lock.release())
    const sweep = async () =>
      (await database.appPool.query<{ n: number }>('select holdfast.expire_holds(3) as n')).rows[0]?.n
    expect(await sweep()).toBeNull()
    await lock.release()
    expect(await sweep()).toBe(1)
  })

  test.for(['are_locked', 'lock_free_bookings'])('%s reports it as locked', async (name) => {
    const database = await anotherDatabase()
    await plantFunction(database, name, { part: /skip locked/g, becomes: '' })
    const { slot, target, booking } = await aPlace(database)
    const lock = name === 'are_locked' ? await holdSlotLock(database, slot) : await lockBooking(database, booking)
    onTestFinished(() => lock.release())
    const { rows } = await database.appPool.query(
      'select holdfast.are_locked($1, $2, $3, $4, array[null, null]::uuid[], array[null, null]) as locked',
      [
        [slot.clinicNo, slot.clinicNo],
        name === 'are_locked' ? [slot.id, target.id] : [null, target.id],
        name === 'are_locked' ? [null, null] : [booking.id, null],
        [false, false],
      ],
    )
    expect(rows).toEqual([{ locked: [true, false] }])
  })
})

test('negative control: if no locked row is found, the others are not sent together at once', async () => {
  const database = await anotherDatabase()
  await plantFunction(database, 'are_locked', {
    part: 'return array(',
    becomes: 'return array_fill(false, array[cardinality(p_clinic_nos)]); return array(',
  })
  for (const one of cases.filter(({ queue }) => queue !== 'admission')) {
    expect([one.name, await batchesWhileLocked(database, one)]).not.toEqual([one.name, asDocumented])
  }
})
