import {
  aBooking,
  aClaim,
  aDoctor,
  aSlot,
  type BuiltSlot,
  checkHistory,
  lapseHolds,
  shiftSlot,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aCalendar, actorId, lastEvent, storedState, withdraw, withdrawDays } from '../../test/withdrawals.ts'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import { newId } from '../model/id.ts'

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
    expect((await storedState(database, slot)).slot).toMatchObject({ withdrawn: true, taken: 0 })
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
    const before = await storedState(database, slot)
    expect(await withdraw(database, slot)).toEqual({ kind: 'slot_has_bookings', bookings: 2 })
    expect(await storedState(database, slot)).toEqual(before)
  })

  test('with its bookings: the live ones fail, each with its event; ended ones do not change', async ({ database }) => {
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
    const after = await storedState(database, slot)
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
    // Repeated, it names the same bookings.
    expect(await withdraw(database, slot, { withBookings: true })).toMatchObject({
      kind: 'withdrawn',
      bookings: 'bookings' in result && result.bookings,
    })
    expect(await checkHistory(database)).toEqual([])
  })

  test('a lapsed hold does not prevent the withdrawal, and fails as a lapsed hold', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 2 })
    const lapsed = await aBooking(database, slot, { status: 'PENDING' })
    await lapseHolds(database, slot)
    expect(await withdraw(database, slot)).toMatchObject({ kind: 'withdrawn', bookings: [] })
    expect(await storedState(database, slot)).toMatchObject({
      slot: { taken: 0, withdrawn: true },
      bookings: [{ status: 'FAILED', failure_reason: 'hold_expired' }],
    })
    expect(await lastEvent(database, lapsed.id)).toMatchObject({ reason: 'hold_expired', actor_id: null })
  })

  test('an ARRIVED booking prevents it; withdrawn with bookings, that stays with its units', async ({ database }) => {
    const { doctor } = await aCalendar(database)
    const slot = await aSlot(database, doctor, { capacity: 3 })
    const arrived = await aBooking(database, slot, { status: 'ARRIVED' })
    await aBooking(database, slot)
    expect(await withdraw(database, slot)).toEqual({ kind: 'slot_has_bookings', bookings: 2 })
    expect(await withdraw(database, slot, { withBookings: true })).toMatchObject({
      kind: 'withdrawn',
      bookings: [{ status: 'CONFIRMED' }],
    })
    const after = await storedState(database, slot)
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
    expect((await storedState(database, slot)).slot).toMatchObject({ withdrawn: false })
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
      [first, second, third, fourth, elsewhere].map(
        async (slot) => (await storedState(database, slot)).slot?.withdrawn,
      ),
    )
    expect(withdrawn).toEqual([false, true, true, false, false])
    // Repeated, it names the same bookings.
    expect(await withdrawDays(database, doctor, ...range)).toMatchObject({
      kind: 'withdrawn',
      slots: 2,
      bookings: [{ id: booked[1]?.id }, { id: booked[0]?.id }],
    })
    const dryRun = await withdrawDays(database, doctor, ...range, { dryRun: true })
    expect(dryRun).toMatchObject({ kind: 'withdrawn', slots: 0, bookings: [] })
  })

  test('started slots are not changed; a doctor that does not exist has none to withdraw', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const started = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
    await aBooking(database, started)
    const ahead = await aSlot(database, doctor)
    const range = [new Date(0), new Date(ahead.endsAt)] as const
    expect(await withdrawDays(database, doctor, ...range)).toMatchObject({ kind: 'withdrawn', slots: 1, bookings: [] })
    expect((await storedState(database, started)).slot).toMatchObject({ withdrawn: false, taken: 1 })
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
    const before = [await storedState(database, slot), await storedState(database, other)]
    expect(await withdrawDays(database, doctor, ...range, { dryRun: true })).toEqual({
      kind: 'slot_has_bookings',
      bookings: 2,
    })
    const dry = await withdrawDays(database, doctor, ...range, { dryRun: true, withBookings: true })
    const dryOne = await withdraw(database, slot, { dryRun: true, withBookings: true })
    expect([await storedState(database, slot), await storedState(database, other)]).toEqual(before)
    const real = await withdrawDays(database, doctor, ...range, { withBookings: true })
    expect(dry).toEqual({ ...real, position: null })
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
  })
})
