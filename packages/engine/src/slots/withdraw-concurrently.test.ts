import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aSettlement,
  aSlot,
  type BuiltSlot,
  checkHistory,
  holdLock,
  holdSlotLock,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aCalendar, lastEvent, storedState, withdraw, withdrawDays } from '../../test/withdrawals.ts'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { newId } from '../model/id.ts'

describe('a withdrawal at the same time as other writes', () => {
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
      await lock.releaseOnce(4)
      const results = (await Promise.all(batches)).flat()
      const result = await withdrawal
      const booked = results.filter((result) => result.kind === 'completed' && result.outcome.kind === 'booked').length
      expect(result).toMatchObject({ kind: 'withdrawn', slots: 10 })
      expect('bookings' in result && Array.isArray(result.bookings) ? result.bookings.length : -1).toBe(booked)
    }
    const { rows } = await database.appPool.query(sql`select count(*)::int as live from holdfast.slot s
         join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id
        where s.resource_id = ${doctor.id} and s.withdrawn_at is not null and b.status in ('PENDING', 'CONFIRMED')`)
    expect(rows).toEqual([{ live: 0 }])
    expect(await checkHistory(database)).toEqual([])
  })

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
    const { rows } = await database.ownerPool.query(sql`select from holdfast.booking where slot_id = ${slot.id}
        and status in ('PENDING', 'CONFIRMED')`)
    expect(rows).toHaveLength(0)
    const close = database.ownerPool.query(sql`update holdfast.slot set withdrawn_at = clock_timestamp()
        where id = ${slot.id}`)
    await untilLockWaiters(database, 1)
    await claim.query('commit')
    claim.release()
    await close
    expect(await storedState(database, slot)).toMatchObject({
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
    const confirmation = runSettleBatch(database.appPool, [aSettlement(booking.id, 'confirm', { onBehalf: false })])
    await untilLockWaiters(database, 1)
    const withdrawal = withdraw(database, slot, { withBookings: true })
    await lock.releaseOnce(2)
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
    const cancel = (id: string) => aSettlement(id, 'cancel')
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
      expect((await storedState(database, slot)).slot).toEqual({ taken: 0, withdrawn: true, next_lapse: null })
    expect(await checkHistory(database)).toEqual([])
  })
})
