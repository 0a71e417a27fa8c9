import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  type BuiltSlot,
  checkHistory,
  holdLock,
  holdSlotLock,
  lapseHolds,
  shiftSlot,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { newId } from '../model/id.ts'
import type { WithdrawSlotsRequest } from '../model/slot.ts'
import { withdrawSlots } from './withdraw-slots.ts'

const actorId = randomUUID()

async function aCalendar(database: TestDatabase) {
  const clinic = await aClinic(database)
  return { clinic, doctor: await aDoctor(database, clinic) }
}

function withdraw(
  database: TestDatabase,
  slot: { clinicNo: number; id: string },
  overrides: Partial<WithdrawSlotsRequest> = {},
) {
  const request = { clinicNo: slot.clinicNo, which: { slotId: slot.id }, withBookings: false, dryRun: false, actorId }
  return withdrawSlots(database.appPool, { ...request, ...overrides })
}

function withdrawDays(
  database: TestDatabase,
  doctor: BuiltDoctor,
  from: Date,
  to: Date,
  overrides: Partial<WithdrawSlotsRequest> = {},
) {
  return withdraw(database, doctor, { which: { doctorId: doctor.id, from, to }, ...overrides })
}

async function state(database: TestDatabase, slot: BuiltSlot) {
  const slots = await database.appPool.query<{ taken: number; withdrawn: boolean; next_lapse: Date | null }>(
    `select taken, withdrawn_at is not null as withdrawn, next_lapse from holdfast.slot
       where clinic_no = $1 and id = $2`,
    [slot.clinicNo, slot.id],
  )
  const bookings = await database.appPool.query<{
    id: string
    status: string
    failure_reason: string | null
    version: number
  }>(
    `select id, status, failure_reason, version from holdfast.booking where clinic_no = $1
       and slot_id = $2 order by id`,
    [slot.clinicNo, slot.id],
  )
  return { slot: slots.rows[0], bookings: bookings.rows }
}

async function lastEvent(database: TestDatabase, bookingId: string) {
  const { rows } = await database.appPool.query(
    `select version, type, reason, actor_id, units, slot_id, hold_expires_at from holdfast.booking_event
       where booking_id = $1 order by version desc limit 1`,
    [bookingId],
  )
  return rows[0]
}

describe('one slot', () => {
  test('an empty slot is withdrawn; a second call returns the same', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor)
    expect(await withdraw(database, slot)).toMatchObject({
      kind: 'withdrawn',
      slots: 1,
      bookings: [],
      position: expect.stringMatching(/^\d+$/),
    })
    expect((await state(database, slot)).slot).toMatchObject({ withdrawn: true, taken: 0 })
    expect(await withdraw(database, slot)).toMatchObject({ kind: 'withdrawn', slots: 1, bookings: [] })
    await shiftSlot(database, slot, -3 * 24 * 60)
    expect(await withdraw(database, slot)).toMatchObject({ kind: 'withdrawn', slots: 1, bookings: [] })
  })

  test('no claim finds a withdrawn slot open', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor)
    await withdraw(database, slot)
    expect(await runClaimBatch(database.appPool, [aClaim(slot)])).toEqual([
      { kind: 'completed', outcome: { kind: 'slot_closed', why: 'withdrawn' } },
    ])
  })

  test('live bookings prevent it, and nothing changes', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 5 })
    for (const status of ['PENDING', 'CONFIRMED', 'CANCELLED'] as const) await aBooking(database, slot, { status })
    const before = await state(database, slot)
    expect(await withdraw(database, slot)).toEqual({ kind: 'slot_has_bookings', bookings: 2 })
    expect(await state(database, slot)).toEqual(before)
  })

  test('with its bookings: the live ones fail, each with its event; ended ones are not changed', async ({
    database,
  }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 9 })
    const held = await aBooking(database, slot, { status: 'PENDING', units: 2 })
    const confirmed = await aBooking(database, slot, { units: 3 })
    await aBooking(database, slot, { status: 'CANCELLED' })
    await aBooking(database, slot, { status: 'hold_expired' })
    const result = await withdraw(database, slot, { withBookings: true })
    expect(result).toMatchObject({
      kind: 'withdrawn',
      slots: 1,
      bookings: [
        { id: held.id, slotId: slot.id, startsAt: slot.startsAt, units: 2, status: 'PENDING' },
        { id: confirmed.id, slotId: slot.id, startsAt: slot.startsAt, units: 3, status: 'CONFIRMED' },
      ],
    })
    const after = await state(database, slot)
    expect(after.slot).toEqual({ taken: 0, withdrawn: true, next_lapse: null })
    expect(after.bookings).toMatchObject([
      { id: held.id, status: 'FAILED', failure_reason: 'slot_withdrawn', version: 2 },
      { id: confirmed.id, status: 'FAILED', failure_reason: 'slot_withdrawn', version: 3 },
      { status: 'CANCELLED' },
      { failure_reason: 'hold_expired', version: 2 },
    ])
    expect(await lastEvent(database, held.id)).toEqual({
      version: 2,
      type: 'failed',
      reason: 'slot_withdrawn',
      actor_id: actorId,
      units: 2,
      slot_id: slot.id,
      hold_expires_at: null,
    })
    expect(await withdraw(database, slot, { withBookings: true })).toMatchObject({ kind: 'withdrawn', bookings: [] })
    expect(await checkHistory(database)).toEqual([])
  })

  test('a lapsed hold does not prevent the withdrawal, and fails as a lapsed hold', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const lapsed = await aBooking(database, slot, { status: 'PENDING' })
    await lapseHolds(database, slot)
    expect(await withdraw(database, slot)).toMatchObject({ kind: 'withdrawn', bookings: [] })
    expect(await state(database, slot)).toMatchObject({
      slot: { taken: 0, withdrawn: true },
      bookings: [{ status: 'FAILED', failure_reason: 'hold_expired' }],
    })
    expect(await lastEvent(database, lapsed.id)).toMatchObject({ reason: 'hold_expired', actor_id: null })
  })

  test('an ARRIVED booking prevents it; withdrawn with its bookings, that one stays and its units too', async ({
    database,
  }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const arrived = await aBooking(database, slot, { status: 'ARRIVED' })
    await aBooking(database, slot)
    expect(await withdraw(database, slot)).toEqual({ kind: 'slot_has_bookings', bookings: 2 })
    expect(await withdraw(database, slot, { withBookings: true })).toMatchObject({
      kind: 'withdrawn',
      bookings: [{ status: 'CONFIRMED' }],
    })
    const after = await state(database, slot)
    expect(after.slot).toMatchObject({ taken: 1, withdrawn: true })
    expect(after.bookings[0]).toMatchObject({ id: arrived.id, status: 'ARRIVED', version: 3 })
    expect(await checkHistory(database)).toEqual([])
  })

  test('a slot that has started, one that does not exist, one of another clinic', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
    expect(await withdraw(database, slot)).toEqual({ kind: 'slot_in_past' })
    expect(await withdraw(database, { clinicNo: slot.clinicNo, id: newId(slot.clinicNo) })).toEqual({
      kind: 'slot_missing',
    })
    expect(await withdraw(database, { clinicNo: slot.clinicNo + 1, id: slot.id })).toEqual({ kind: 'slot_missing' })
    expect((await state(database, slot)).slot).toMatchObject({ withdrawn: false })
  })

  test('its time can be used again', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor)
    await expect(aSlot(database, doctor, { startsAt: slot.startsAt })).rejects.toMatchObject({ code: '23P01' })
    await withdraw(database, slot)
    await aSlot(database, doctor, { startsAt: slot.startsAt })
  })
})

describe('a doctor’s day', () => {
  test('the slots that start in [from, to), and no others', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const slots = [
      await aSlot(database, doctor),
      await aSlot(database, doctor),
      await aSlot(database, doctor),
      await aSlot(database, doctor),
    ]
    const [first, second, third, fourth] = slots as [BuiltSlot, BuiltSlot, BuiltSlot, BuiltSlot]
    const elsewhere = await aSlot(database, await aDoctor(database, clinic), { startsAt: second.startsAt })
    const booked = [await aBooking(database, third), await aBooking(database, second)]
    const range = [second.startsAt, fourth.startsAt] as const
    expect(await withdrawDays(database, doctor, ...range)).toEqual({ kind: 'slot_has_bookings', bookings: 2 })
    expect(await withdrawDays(database, doctor, ...range, { withBookings: true })).toMatchObject({
      kind: 'withdrawn',
      slots: 2,
      bookings: [{ id: booked[1]?.id }, { id: booked[0]?.id }],
    })
    const withdrawn = await Promise.all(
      [first, second, third, fourth, elsewhere].map(async (slot) => (await state(database, slot)).slot?.withdrawn),
    )
    expect(withdrawn).toEqual([false, true, true, false, false])
    expect(await withdrawDays(database, doctor, ...range)).toMatchObject({ kind: 'withdrawn', slots: 0, bookings: [] })
  })

  test('started slots are not changed; a doctor that does not exist has none to withdraw', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const started = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
    await aBooking(database, started)
    const ahead = await aSlot(database, doctor)
    const range = [new Date(0), new Date(ahead.endsAt)] as const
    expect(await withdrawDays(database, doctor, ...range)).toMatchObject({ kind: 'withdrawn', slots: 1, bookings: [] })
    expect((await state(database, started)).slot).toMatchObject({ withdrawn: false, taken: 1 })
    const nobody = { ...doctor, id: newId(clinic.no) }
    expect(await withdrawDays(database, nobody, ...range)).toMatchObject({ kind: 'withdrawn', slots: 0 })
  })

  test('a dry run returns the same, and changes nothing', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const other = await aSlot(database, doctor)
    await aBooking(database, slot, { status: 'PENDING' })
    await aBooking(database, slot)
    const range = [slot.startsAt, other.endsAt] as const
    const before = [await state(database, slot), await state(database, other)]
    expect(await withdrawDays(database, doctor, ...range, { dryRun: true })).toEqual({
      kind: 'slot_has_bookings',
      bookings: 2,
    })
    const dry = await withdrawDays(database, doctor, ...range, { dryRun: true, withBookings: true })
    const dryOne = await withdraw(database, slot, { dryRun: true, withBookings: true })
    expect([await state(database, slot), await state(database, other)]).toEqual(before)
    const real = await withdrawDays(database, doctor, ...range, { withBookings: true })
    expect(dry).toEqual({ ...real, position: '0' })
    expect(dryOne).toMatchObject({ kind: 'withdrawn', slots: 1, bookings: 'bookings' in real ? real.bookings : [] })
  })

  test('a range with more slots than one call withdraws is refused as a whole', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const tomorrow = new Date(Date.now() + 86_400_000)
    await database.ownerPool.query(
      `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
       select $1, (substr(x.id, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, $2,
         $4::timestamptz + n * interval '1 minute',
              $4::timestamptz + (n + 1) * interval '1 minute', 1
         from generate_series(1, 20001) n, (select $3::text as id) x`,
      [clinic.no, doctor.id, newId(clinic.no), tomorrow],
    )
    const later = new Date(tomorrow.getTime() + 20 * 86_400_000)
    expect(await withdrawDays(database, doctor, tomorrow, later)).toMatchObject({
      kind: 'withdrawal_too_large',
      slotsMax: 20_000,
    })
    const upTo = new Date(tomorrow.getTime() + 20_001 * 60_000)
    expect(await withdrawDays(database, doctor, tomorrow, upTo)).toMatchObject({ kind: 'withdrawn', slots: 20_000 })
  }, 60_000)
})

describe('at the same time as other writes', () => {
  test('200 claims and a withdrawal: no live booking is left on a withdrawn slot', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    for (let round = 0; round < 5; round += 1) {
      const slots = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          aSlot(database, doctor, {
            capacity: 20,
            startsAt: new Date(Date.now() + (round * 10 + n + 100) * 3_600_000),
          }),
        ),
      )
      const lock = await holdSlotLock(database, slots[0] as BuiltSlot)
      const claims = Array.from({ length: 200 }, (_, n) => aClaim(slots[n % 10] as BuiltSlot))
      const batches = Array.from({ length: 10 }, (_, n) =>
        runClaimBatch(database.appPool, claims.slice(n * 20, n * 20 + 20)),
      )
      const range = [slots[0]?.startsAt ?? new Date(), slots[9]?.endsAt ?? new Date()] as const
      const withdrawal = withdrawDays(database, doctor, ...range, { withBookings: true })
      await untilLockWaiters(database, 4)
      await lock.release()
      const results = (await Promise.all(batches)).flat()
      const result = await withdrawal
      const booked = results.filter((result) => result.kind === 'completed' && result.outcome.kind === 'booked').length
      expect(result).toMatchObject({ kind: 'withdrawn', slots: 10 })
      expect('bookings' in result && Array.isArray(result.bookings) ? result.bookings.length : -1).toBe(booked)
    }
    const { rows } = await database.appPool.query(
      `select count(*)::int as live from holdfast.slot s
         join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id
        where s.resource_id = $1 and s.withdrawn_at is not null and b.status in ('PENDING', 'CONFIRMED')`,
      [doctor.id],
    )
    expect(rows).toEqual([{ live: 0 }])
    expect(await checkHistory(database)).toEqual([])
  }, 60_000)

  test('negative control: without the slot’s lock, a plain withdrawal leaves one', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor)
    // A claim has written its booking and not yet committed; the withdrawal finds no booking, and closes the slot.
    const claim = await database.ownerPool.connect()
    await claim.query('begin')
    await claim.query('select * from holdfast.claim_slots($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)', [
      [slot.clinicNo],
      [slot.id],
      [newId(slot.clinicNo)],
      [1],
      [randomUUID()],
      [randomUUID()],
      [true],
      [null],
      [null],
      [null],
      [JSON.stringify({ name: 'Ana' })],
      [null],
    ])
    const { rows } = await database.ownerPool.query(
      "select from holdfast.booking where slot_id = $1 and status in ('PENDING', 'CONFIRMED')",
      [slot.id],
    )
    expect(rows).toHaveLength(0)
    const close = database.ownerPool.query('update holdfast.slot set withdrawn_at = clock_timestamp() where id = $1', [
      slot.id,
    ])
    await untilLockWaiters(database, 1)
    await claim.query('commit')
    claim.release()
    await close
    expect(await state(database, slot)).toMatchObject({
      slot: { withdrawn: true, taken: 1 },
      bookings: [{ status: 'CONFIRMED' }],
    })
  })

  test('it waits for a confirmation in flight, and that booking fails as a confirmed one', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor)
    const booking = await aBooking(database, slot, { status: 'PENDING' })
    const lock = await holdLock(database.ownerPool, 'select from holdfast.booking where id = $1 for update', [
      booking.id,
    ])
    const confirmation = runSettleBatch(database.appPool, [
      { bookingId: booking.id, action: 'confirm', actorId: null, onBehalf: false, key: null, reason: null },
    ])
    await untilLockWaiters(database, 1)
    const withdrawal = withdraw(database, slot, { withBookings: true })
    await untilLockWaiters(database, 2)
    await lock.release()
    expect(await confirmation).toMatchObject([{ outcome: { kind: 'done' } }])
    expect(await withdrawal).toMatchObject({ kind: 'withdrawn', bookings: [{ id: booking.id, status: 'CONFIRMED' }] })
    expect(await lastEvent(database, booking.id)).toMatchObject({ version: 3, type: 'failed' })
  })

  test('withdrawals, claims and cancellations in every order do not deadlock', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slots: BuiltSlot[] = []
    for (let n = 0; n < 12; n += 1) slots.push(await aSlot(database, doctor, { capacity: 30 }))
    const bookings = await Promise.all(slots.flatMap((slot) => [aBooking(database, slot), aBooking(database, slot)]))
    const range = [slots[0]?.startsAt ?? new Date(), slots[11]?.endsAt ?? new Date()] as const
    const cancel = (id: string) =>
      ({ bookingId: id, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null }) as const
    await Promise.all([
      runClaimBatch(
        database.appPool,
        slots.toReversed().map((slot) => aClaim(slot)),
      ),
      withdrawDays(database, doctor, ...range, { withBookings: true }),
      runSettleBatch(database.appPool, bookings.map(({ id }) => cancel(id)).toReversed()),
      withdrawDays(database, doctor, ...range, { withBookings: true }),
      runSettleBatch(
        database.appPool,
        bookings.map(({ id }) => cancel(id)),
      ),
      runClaimBatch(
        database.appPool,
        slots.map((slot) => aClaim(slot)),
      ),
    ])
    for (const slot of slots)
      expect((await state(database, slot)).slot).toEqual({ taken: 0, withdrawn: true, next_lapse: null })
    expect(await checkHistory(database)).toEqual([])
  })
})
