import {
  aBooking,
  aClinic,
  aDoctor,
  aMove,
  aSettlement,
  aSlot,
  type BuiltClinic,
  type BuiltDoctor,
  checkHistory,
  holdLock,
  lapseHolds,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { MoveOutcome, MoveRequest } from '../model/settle.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

let clinic: BuiltClinic
let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  clinic = await aClinic(database)
  doctor = await aDoctor(database, clinic)
})

const ownMove = (booking: { id: string }, slot: { id: string }, overrides: Partial<MoveRequest> = {}): MoveRequest =>
  aMove(booking.id, slot.id, { onBehalf: false, ...overrides })

async function move(database: TestDatabase, ...requests: MoveRequest[]): Promise<(MoveOutcome | { kind: 'retry' })[]> {
  const results = await runMoveBatch(database.appPool, requests)
  return results.map((result) => (result.kind === 'completed' ? result.outcome : result))
}

const kindOf = async (database: TestDatabase, ...requests: MoveRequest[]) =>
  (await move(database, ...requests)).map((outcome) => outcome.kind)

describe('move_bookings', () => {
  test('units leave one slot and enter the other in one step, and the log says from where', async ({ database }) => {
    const [from, to] = [await aSlot(database, doctor, { capacity: 2 }), await aSlot(database, doctor, { capacity: 3 })]
    const booking = await aBooking(database, from, { units: 2 })
    const [outcome] = await move(database, ownMove(booking, to))
    expect(outcome).toMatchObject({
      kind: 'done',
      booking: { slotId: to.id, startsAt: to.startsAt, status: 'CONFIRMED', version: 3 },
    })
    expect(await takenOf(database, from, to)).toEqual([0, 2])
    const { rows } = await database.ownerPool.query(sql`select slot_id, from_slot_id from holdfast.booking_event
        where booking_id = ${booking.id} and version = 3`)
    expect(rows).toEqual([{ slot_id: to.id, from_slot_id: from.id }])
    expect(await kindOf(database, ownMove(booking, to))).toEqual(['unchanged'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('for a full, missing, closed or foreign slot, the booking stays where it is', async ({ database }) => {
    const from = await aSlot(database, doctor)
    const booking = await aBooking(database, from)
    const full = await aSlot(database, doctor)
    await aBooking(database, full)
    const elsewhere = await aSlot(database, await aDoctor(database, await aClinic(database)))
    const withdrawn = await aSlot(database, doctor, { withdrawn: true })
    const video = await aSlot(database, await aDoctor(database, clinic, { appointmentTypes: ['video'] }))
    const past = await aSlot(database, await aDoctor(database, clinic), { startsAt: new Date(Date.now() - 60_000) })
    const idle = await aSlot(database, await aDoctor(database, clinic, { active: false }))
    const outcomes = [full, elsewhere, { id: newId(clinic.no) }, withdrawn, video, past, idle].map((slot) =>
      move(database, ownMove(booking, slot)),
    )
    expect((await Promise.all(outcomes)).flat()).toEqual([
      { kind: 'slot_full' },
      { kind: 'slot_missing' },
      { kind: 'slot_missing' },
      { kind: 'slot_closed', why: 'withdrawn' },
      { kind: 'appointment_type_not_offered' },
      { kind: 'slot_closed', why: 'started' },
      { kind: 'slot_closed', why: 'doctor_inactive' },
    ])
    expect(await takenOf(database, from)).toEqual([1])
    const large = await aBooking(database, await aSlot(database, doctor, { capacity: 4 }), { units: 4 })
    expect(await move(database, ownMove(large, full))).toEqual([{ kind: 'units_over_capacity', capacity: 1 }])
  })

  test('the clinic moves within the notice, beyond the horizon, and until the slot ends', async ({ database }) => {
    const settings = { minimumNoticeMinutes: 60, bookingHorizonDays: 30 }
    const its = await aClinic(database, { settings })
    const outcomes: string[] = []
    for (const minutes of [-16, -3, 30, 31 * 1440]) {
      const to = await aSlot(database, await aDoctor(database, its), {
        startsAt: new Date(Date.now() + minutes * 60_000),
        minutes: 15,
      })
      const booking = await aBooking(database, await aSlot(database, await aDoctor(database, its)))
      const [outcome] = await move(database, ownMove(booking, to, { onBehalf: true }))
      outcomes.push(outcome?.kind === 'slot_closed' ? outcome.why : `${outcome?.kind}`)
    }
    expect(outcomes).toEqual(['ended', 'done', 'done', 'done'])
    expect(await checkHistory(database)).toEqual([])
  })

  test('a patient cannot move to a slot within the minimum notice or beyond the horizon', async ({ database }) => {
    const settings = { minimumNoticeMinutes: 60, bookingHorizonDays: 30 }
    const strict = await aDoctor(database, await aClinic(database, { settings }))
    const inMinutes = (minutes: number) => ({ startsAt: new Date(Date.now() + minutes * 60_000), capacity: 2 })
    const from = await aSlot(database, strict, inMinutes(10 * 1440))
    const [soon, far] = [
      await aSlot(database, strict, inMinutes(50)),
      await aSlot(database, strict, inMinutes(31 * 1440)),
    ]
    const within = [await aSlot(database, strict, inMinutes(70)), await aSlot(database, strict, inMinutes(29 * 1440))]
    for (const status of ['CONFIRMED', 'PENDING'] as const) {
      const booking = await aBooking(database, from, { status })
      expect(await move(database, ownMove(booking, soon))).toEqual([{ kind: 'slot_closed', why: 'minimum_notice' }])
      expect(await move(database, ownMove(booking, far))).toEqual([{ kind: 'slot_closed', why: 'booking_horizon' }])
      expect(await takenOf(database, from, soon, far)).toEqual([1, 0, 0])
      const [early, late] = within
      if (early === undefined || late === undefined) throw new Error('no slots')
      expect(await kindOf(database, ownMove(booking, late))).toEqual(['done'])
      expect(await kindOf(database, ownMove(booking, early))).toEqual(['done'])
    }
  })

  test('an ended or lapsed booking cannot be moved; a hold can, and its end does not change', async ({ database }) => {
    const [from, to] = [await aSlot(database, doctor, { capacity: 5 }), await aSlot(database, doctor, { capacity: 5 })]
    const holdExpiresAt = new Date(Date.now() + 60_000)
    const held = await aBooking(database, from, { status: 'PENDING', holdExpiresAt })
    expect(await move(database, ownMove(held, to))).toMatchObject([
      { kind: 'done', booking: { status: 'PENDING', holdExpiresAt } },
    ])
    await lapseHolds(database, to)
    expect(await kindOf(database, ownMove(held, from))).toEqual(['hold_expired'])
    const cancelled = await aBooking(database, from, { status: 'CANCELLED' })
    expect(await kindOf(database, ownMove(cancelled, to), ownMove({ id: newId(clinic.no) }, to))).toEqual([
      'invalid_transition',
      'booking_missing',
    ])
  })

  test('after the cancellation deadline a patient cannot move away; staff can', async ({ database }) => {
    const strict = await aClinic(database, { settings: { cancellationDeadlineMinutes: 3 * 1440 } })
    const its = await aDoctor(database, strict)
    const [from, to] = [await aSlot(database, its), await aSlot(database, its)]
    const booking = await aBooking(database, from)
    expect(await kindOf(database, ownMove(booking, to))).toEqual(['past_deadline'])
    expect(await kindOf(database, ownMove(booking, to, { onBehalf: true }))).toEqual(['done'])
  })

  test('a booking can move into the units of a lapsed hold', async ({ database }) => {
    const [from, to] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const booking = await aBooking(database, from)
    await aBooking(database, to, { status: 'PENDING' })
    expect(await kindOf(database, ownMove(booking, to))).toEqual(['slot_full'])
    await lapseHolds(database, to)
    expect(await kindOf(database, ownMove(booking, to))).toEqual(['done'])
    expect(await takenOf(database, from, to)).toEqual([0, 1])
  })

  test('bookings of two full slots cannot swap, and both stay where they are', async ({ database }) => {
    const [a, b] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const [inA, inB] = [await aBooking(database, a), await aBooking(database, b)]
    expect((await Promise.all([move(database, ownMove(inA, b)), move(database, ownMove(inB, a))])).flat()).toEqual([
      { kind: 'slot_full' },
      { kind: 'slot_full' },
    ])
    expect(await takenOf(database, a, b)).toEqual([1, 1])
  })

  test('moves between any slots in any order, with settles and lapsing holds: no deadlock', async ({ database }) => {
    const slots = await Promise.all(
      Array.from({ length: 6 }, async () => aSlot(database, await aDoctor(database, clinic), { capacity: 30 })),
    )
    const slotAt = (n: number) => {
      const slot = slots[n % slots.length]
      if (slot === undefined) throw new Error('There are no slots.')
      return slot
    }
    const bookings = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        aBooking(database, slotAt(n), { status: n % 3 === 0 ? 'PENDING' : 'CONFIRMED' }),
      ),
    )
    await lapseHolds(database, slotAt(0))
    const rounds = Array.from({ length: 240 }, (_, n) => {
      const some = bookings.filter((_booking, index) => (index * 7 + n) % 5 === 0)
      const ordered = n % 2 === 0 ? some : some.toReversed()
      if (n % 3 === 0) {
        return runSettleBatch(
          database.appPool,
          ordered.map((booking) => aSettlement(booking.id, 'confirm')),
        )
      }
      return runMoveBatch(
        database.appPool,
        ordered.map((booking, index) => ownMove(booking, slotAt(index + n), { onBehalf: true })),
      )
    })
    const results = await Promise.allSettled(rounds)
    expect(results.filter((result) => result.status === 'rejected')).toEqual([])
    expect(await checkHistory(database)).toEqual([])
  })

  test('the control: bookings locked before their slots do deadlock', async ({ database }) => {
    const [from, to] = [await aSlot(database, doctor), await aSlot(database, doctor)]
    const booking = await aBooking(database, from)
    const wrongWay = await database.ownerPool.connect()
    await wrongWay.query('begin')
    await wrongWay.query("set local deadlock_timeout = '50ms'")
    await wrongWay.query('select from holdfast.booking where id = $1 for update', [booking.id])
    const moving = move(database, ownMove(booking, to)).then(
      () => 'moved',
      (error: { code?: string }) => error.code,
    )
    await untilLockWaiters(database, 1)
    const slotThen = await wrongWay.query('select from holdfast.slot where id = $1 for update', [from.id]).then(
      () => 'locked',
      (error: { code?: string }) => error.code,
    )
    await wrongWay.query('rollback')
    wrongWay.release()
    expect([await moving, slotThen]).toContain('40P01')
  })

  test('a move is sent again if another session moves the booking while it waits', async ({ database }) => {
    const [a, b, c] = [await aSlot(database, doctor), await aSlot(database, doctor), await aSlot(database, doctor)]
    const booking = await aBooking(database, a)
    const lock = await holdLock(database.ownerPool, 'select from holdfast.slot where id = $1 for update', [a.id])
    const [first, second] = [move(database, ownMove(booking, b)), move(database, ownMove(booking, c))]
    await lock.releaseOnce(2)
    const kinds = (await Promise.all([first, second])).flat().map((outcome) => outcome.kind)
    expect(kinds.sort()).toEqual(['done', 'retry'])
    expect((await takenOf(database, a, b, c)).reduce((sum, taken) => sum + taken)).toBe(1)
  })
})
