import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aMove,
  aSettlement,
  aSlot,
  type BuiltClinic,
  type BuiltDoctor,
  checkHistory,
  holdSlotLock,
  lapseHolds,
  shiftSlot,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { SettleAction, SettleRequest } from '../model/settle.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runMoveBatch } from './move-batch.ts'
import { type BatchSettleOutcome, runSettleBatch } from './settle-batch.ts'

let clinic: BuiltClinic
let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  clinic = await aClinic(database)
  doctor = await aDoctor(database, clinic)
})

const request = (
  booking: { id: string },
  action: SettleAction,
  overrides: Partial<SettleRequest> = {},
): SettleRequest => aSettlement(booking.id, action, { onBehalf: false, ...overrides })

async function settle(
  database: TestDatabase,
  ...requests: SettleRequest[]
): Promise<(BatchSettleOutcome | { kind: 'retry' })[]> {
  const results = await runSettleBatch(database.appPool, requests)
  return results.map((result) => (result.kind === 'completed' ? result.outcome : result))
}

const kindOf = async (database: TestDatabase, ...requests: SettleRequest[]) =>
  (await settle(database, ...requests)).map((outcome) => outcome.kind)

describe('settle_bookings: every action on every status', () => {
  const statuses = [
    'PENDING',
    'CONFIRMED',
    'CANCELLED',
    'ARRIVED',
    'NO_SHOW',
    'COMPLETED',
    'hold_expired',
    'slot_withdrawn',
  ] as const
  // Staff acts on a slot that started ten minutes ago, so that only the status decides.
  const expected: Record<SettleAction, Partial<Record<string, BatchSettleOutcome['kind']>>> = {
    confirm: { PENDING: 'done', CONFIRMED: 'unchanged', hold_expired: 'hold_expired' },
    cancel: { PENDING: 'done', CONFIRMED: 'done', CANCELLED: 'unchanged', hold_expired: 'hold_expired' },
    decline: { PENDING: 'done', CANCELLED: 'unchanged', hold_expired: 'hold_expired' },
    extend: { PENDING: 'done', hold_expired: 'hold_expired' },
    arrive: { CONFIRMED: 'done', ARRIVED: 'unchanged', hold_expired: 'hold_expired' },
    complete: { ARRIVED: 'done', COMPLETED: 'unchanged', hold_expired: 'hold_expired' },
    no_show: { CONFIRMED: 'done', NO_SHOW: 'unchanged', hold_expired: 'hold_expired' },
    reopen: { CONFIRMED: 'unchanged', ARRIVED: 'done', NO_SHOW: 'done', COMPLETED: 'done' },
    link: Object.fromEntries(statuses.map((status) => [status, 'done'])),
  }
  const cases = (Object.keys(expected) as SettleAction[]).flatMap((action) =>
    statuses.map((status) => ({ action, status, outcome: expected[action][status] ?? 'invalid_transition' })),
  )

  test.for(cases)('$action of $status: $outcome', async ({ action, status, outcome }, { database }) => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const booking = await aBooking(database, slot, { status, units: 2 })
    await shiftSlot(database, slot, -Math.round((slot.startsAt.getTime() - Date.now()) / 60_000) - 10)
    const [before = 0] = await takenOf(database, slot)
    const [result] = await settle(database, request(booking, action, { onBehalf: true, actorId: randomUUID() }))
    expect(result?.kind).toBe(outcome)
    const { rows } = await database.ownerPool.query(sql`select status, version from holdfast.booking
        where id = ${booking.id}`)
    expect(rows[0]?.version).toBe(booking.version + (outcome === 'done' ? 1 : 0))
    const isFreed = outcome === 'done' && (action === 'cancel' || action === 'decline')
    expect(await takenOf(database, slot)).toEqual([isFreed ? before - 2 : before])
    if (result !== undefined && 'booking' in result)
      expect(result.booking).toMatchObject({ id: booking.id, version: rows[0]?.version })
    // So that it does not overlap the next slot of the doctor.
    await shiftSlot(
      database,
      slot,
      -1_000_000 - cases.findIndex((one) => one.action === action && one.status === status) * 60,
    )
  })

  test('a confirmation can set the patient and the reason, or leave them unchanged', async ({ database }) => {
    const [brought, plain] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const [first, second] = [
      await aBooking(database, brought, { status: 'PENDING' }),
      await aBooking(database, plain, { status: 'PENDING' }),
    ]
    const patient = { name: 'Grace Hopper', phone: '1' }
    const results = await settle(
      database,
      request(first, 'confirm', { patient, reason: 'Knee' }),
      request(second, 'confirm'),
    )
    const details = results.map((result) => 'booking' in result && [result.booking.patient.name, result.booking.reason])
    expect(details[0]).toEqual(['Grace Hopper', 'Knee'])
    expect(details[1]).not.toContain('Grace Hopper')
  })

  test('after all of this, the log agrees with the counts', async ({ database }) => {
    expect(await checkHistory(database)).toEqual([])
  })

  test('a booking that does not exist, or is of another clinic, is missing', async ({ database }) => {
    const booking = await aBooking(database, await aSlot(database, doctor))
    const elsewhere = await aClinic(database)
    expect(
      await kindOf(
        database,
        request({ id: newId(clinic.no) }, 'confirm'),
        request({ id: newId(elsewhere.no) }, 'cancel'),
      ),
    ).toEqual(['booking_missing', 'booking_missing'])
    expect(await kindOf(database, request(booking, 'confirm'))).toEqual(['unchanged'])
  })
})

test('no other version than the judged one is changed; repetitions and refusals need none', async ({ database }) => {
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const hold = await aBooking(database, slot, { status: 'PENDING' })
  const key = randomUUID()
  const judged = (version: number | null, more = {}) => request(hold, 'extend', { judgedVersion: version, ...more })
  expect(await kindOf(database, judged(2))).toEqual(['booking_changed'])
  // If two changes of one version come at once, the second is judged again.
  const confirm = request(hold, 'confirm', { judgedVersion: 1 })
  expect(await kindOf(database, judged(1, { key }), confirm)).toEqual(['done', 'retry'])
  expect(await kindOf(database, confirm)).toEqual(['booking_changed'])
  expect(await kindOf(database, judged(1, { key }))).toEqual(['unchanged'])
  expect(await kindOf(database, request(hold, 'arrive', { judgedVersion: 1 }))).toEqual(['invalid_transition'])
  expect(await kindOf(database, request(hold, 'confirm', { judgedVersion: 2 }))).toEqual(['done'])
  expect(await kindOf(database, confirm)).toEqual(['unchanged'])
})

describe('settle_bookings: holds', () => {
  test('a lapsed hold cannot be confirmed, cancelled or extended, swept or not: it is FAILED', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const bookings = [
      await aBooking(database, slot, { status: 'PENDING' }),
      await aBooking(database, slot, { status: 'PENDING' }),
    ]
    await lapseHolds(database, slot)
    for (const action of ['confirm', 'cancel', 'extend'] as const) {
      expect(await settle(database, request(bookings[0] ?? { id: '' }, action))).toMatchObject([
        { kind: 'hold_expired', booking: { status: 'FAILED', failureReason: 'hold_expired', holdExpiresAt: null } },
      ])
    }
    expect(await database.appPool.query('select holdfast.expire_holds(100) as given_back')).toMatchObject({
      rows: [{ given_back: 2 }],
    })
    expect(await kindOf(database, request(bookings[0] ?? { id: '' }, 'confirm'))).toEqual(['hold_expired'])
    expect(await takenOf(database, slot)).toEqual([0])
  })

  test('extended by the clinic’s hold time; a key gets one result, and none after the last', async ({ database }) => {
    const strict = await aClinic(database, { settings: { holdExtensionsMax: 1 } })
    const booking = await aBooking(database, await aSlot(database, await aDoctor(database, strict)), {
      status: 'PENDING',
      holdExpiresAt: new Date(Date.now() + 30_000),
    })
    const key = randomUUID()
    const [first] = await settle(database, request(booking, 'extend', { key }))
    const [retried, second] = [
      await settle(database, request(booking, 'extend', { key })),
      await settle(database, request(booking, 'extend', { key: randomUUID() })),
    ]
    if (first?.kind !== 'done') throw new Error(`not done: ${first?.kind}`)
    expect(first.booking.extended).toBe(true)
    expect((first.booking.holdExpiresAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(140_000)
    expect(retried).toEqual([{ ...first, kind: 'unchanged' }])
    expect(second.map((outcome) => outcome.kind)).toEqual(['already_extended'])
  })

  test('a hold extended in its last moment is given back by no waiting claim or sweep', async ({ database }) => {
    const sweep = () => database.appPool.query<{ n: number | null }>('select holdfast.expire_holds(10) as n')
    for (const isExtended of [false, true]) {
      const slot = await aSlot(database, doctor)
      const booking = await aBooking(database, slot, { status: 'PENDING' })
      await lapseHolds(database, slot)
      const extending = await database.ownerPool.connect()
      await extending.query('begin')
      await extending.query('select from holdfast.booking where id = $1 for update', [booking.id])
      if (isExtended) {
        await extending.query(sql`update holdfast.booking set hold_expires_at = now() + interval '1 minute'
            where id = ${booking.id}`)
      }
      const claiming = runClaimBatch(database.appPool, [aClaim(slot)])
      await untilLockWaiters(database, 1)
      // It waits for no lock: what is left is locked.
      expect((await sweep()).rows[0]?.n).toBeNull()
      await extending.query('commit')
      extending.release()
      // The control: nothing was extended, so the claim that waited gives it back. Otherwise it reads the row again
      // after its wait, and leaves it.
      expect(await claiming).toMatchObject([{ outcome: { kind: isExtended ? 'slot_full' : 'booked' } }])
      expect((await sweep()).rows[0]?.n).toBe(0)
      expect(await takenOf(database, slot)).toEqual([1])
    }
  })
})

describe("settle_bookings: the clinic's rules", () => {
  test('after the deadline patients can cancel holds, not confirmed bookings; staff can', async ({ database }) => {
    const strict = await aClinic(database, { settings: { cancellationDeadlineMinutes: 3 * 1440 } })
    const slot = await aSlot(database, await aDoctor(database, strict), { capacity: 3 })
    const [confirmed, held] = [await aBooking(database, slot), await aBooking(database, slot, { status: 'PENDING' })]
    expect(await kindOf(database, request(confirmed, 'cancel'), request(held, 'cancel'))).toEqual([
      'past_deadline',
      'done',
    ])
    expect(await kindOf(database, request(confirmed, 'cancel', { onBehalf: true, reason: 'doctor ill' }))).toEqual([
      'done',
    ])
    const { rows } = await database.ownerPool.query(sql`select cancellation_reason from holdfast.booking
        where id = ${confirmed.id}`)
    expect(rows).toEqual([{ cancellation_reason: 'doctor ill' }])
  })

  test('arrivals count from the slot’s day on, in the clinic’s zone, no-shows from the start', async ({ database }) => {
    // Noon of tomorrow in a zone 14 hours ahead and in one 11 behind: the same instant, another day.
    const [ahead, behind] = [
      await aClinic(database, { timezone: 'Pacific/Kiritimati' }),
      await aClinic(database, { timezone: 'Pacific/Pago_Pago' }),
    ]
    const { rows } = await database.ownerPool.query<{ at: Date }>(`
      select (date_trunc('day', now() at time zone 'Pacific/Kiritimati') + interval '1 day' -
       interval '1 minute') at time zone 'Pacific/Kiritimati' as at`)
    const startsAt = rows[0]?.at ?? new Date()
    const [today, notYet] = [
      await aBooking(database, await aSlot(database, await aDoctor(database, ahead), { startsAt })),
      await aBooking(
        database,
        await aSlot(database, await aDoctor(database, ahead), { startsAt: new Date(startsAt.getTime() + 120_000) }),
      ),
    ]
    expect(await kindOf(database, request(today, 'arrive'), request(notYet, 'arrive'))).toEqual(['done', 'too_early'])
    const sameInstant = await aBooking(
      database,
      await aSlot(database, await aDoctor(database, behind), { startsAt: new Date(startsAt.getTime() + 86_400_000) }),
    )
    expect(await kindOf(database, request(sameInstant, 'arrive'))).toEqual(['too_early'])
    expect(await kindOf(database, request(notYet, 'no_show'))).toEqual(['too_early'])
  })

  test('of one booking’s changes in a batch, the first possible is made, others sent again', async ({ database }) => {
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const [first, second] = [
      await aBooking(database, slot, { status: 'PENDING' }),
      await aBooking(database, slot, { status: 'PENDING' }),
    ]
    const requests = [
      request(first, 'complete'),
      request(second, 'cancel'),
      request(first, 'confirm'),
      request(second, 'confirm'),
      request(first, 'cancel'),
      request(first, 'cancel'),
    ]
    const sent = async (...places: number[]) => {
      const results = await runSettleBatch(
        database.appPool,
        places.flatMap((place) => requests[place] ?? []),
      )
      return results.map((result) => (result.kind === 'completed' ? result.outcome.kind : result.kind))
    }
    expect(await sent(0, 1, 2, 3, 4, 5)).toEqual(['retry', 'done', 'done', 'retry', 'retry', 'retry'])
    expect(await sent(0, 3, 4, 5)).toEqual(['retry', 'invalid_transition', 'done', 'retry'])
    expect(await sent(0, 5)).toEqual(['invalid_transition', 'unchanged'])
    expect(await takenOf(database, slot)).toEqual([0])
    expect(await checkHistory(database)).toEqual([])
  })

  test('the actor is in the log', async ({ database }) => {
    const booking = await aBooking(database, await aSlot(database, doctor))
    const actorId = randomUUID()
    await settle(database, request(booking, 'cancel', { actorId, onBehalf: true }))
    const { rows } = await database.ownerPool.query(sql`select type, actor_id from holdfast.booking_event
        where booking_id = ${booking.id} and version = 3`)
    expect(rows).toEqual([{ type: 'cancelled', actor_id: actorId }])
  })

  test('if a booking is moved while its cancellation waits, that then frees the new slot', async ({ database }) => {
    const [from, to] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const booking = await aBooking(database, from)
    const lock = await holdSlotLock(database, from)
    const moving = runMoveBatch(database.appPool, [aMove(booking.id, to.id)])
    await untilLockWaiters(database, 1)
    const cancelling = kindOf(database, request(booking, 'cancel'))
    await lock.releaseOnce(2)
    expect(await moving).toMatchObject([{ outcome: { kind: 'done' } }])
    expect(await cancelling).toEqual(['retry'])
    expect(await kindOf(database, request(booking, 'cancel'))).toEqual(['done'])
    expect(await takenOf(database, from, to)).toEqual([0, 0])
  })
})
