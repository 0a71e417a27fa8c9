import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { SettleAction } from '../model/settle.ts'
import { createReads } from './create-reads.ts'

/** Reads all bookings: every call has its own reads. */
const proof = (database: TestDatabase) => createReads(database.appPool).proof()

test('confirmed appointments of all clinics are counted; holds and cancelled ones are not', async ({ database }) => {
  const before = await proof(database)
  for (let clinics = 0; clinics < 2; clinics += 1) {
    const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 6 })
    for (const status of ['CONFIRMED', 'NO_SHOW', 'PENDING', 'CANCELLED'] as const) {
      await aBooking(database, slot, { status })
    }
  }
  const after = await proof(database)
  expect(after).toMatchObject({ bookings: before.bookings + 4, overbooked: before.overbooked })
  expect(Math.abs(after.countedAt.getTime() - Date.now())).toBeLessThan(60_000)
})

test('negative control: a planted double booking is counted', async ({ database, slot }) => {
  const { overbooked } = await proof(database)
  await aBooking(database, slot)
  const second = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const booked = await aBooking(database, second)
  expect((await proof(database)).overbooked).toBe(overbooked)
  // `taken` stays as it is: only a count of the bookings finds it.
  await database.ownerPool.query(sql`update holdfast.booking set units = 2 where clinic_no = ${booked.clinicNo}
      and id = ${booked.id}`)
  expect((await proof(database)).overbooked).toBe(overbooked + 1)
})

test('after the first count, changes are added, and the result is that of all bookings', async ({ database }) => {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const doctor = await aDoctor(database, await aClinic(database))
  const [slot, other] = [await aSlot(database, doctor, { capacity: 9 }), await aSlot(database, doctor, { capacity: 9 })]
  const before = await aBooking(database, slot)
  const expectSame = async (bookings: number) => {
    const counted = await engine.reads.proof()
    const { countedAt: _, ...all } = await proof(database)
    expect(counted).toMatchObject(all)
    expect(counted.bookings).toBe(first.bookings + bookings)
  }
  const first = await engine.reads.proof()
  const settle = async (bookingId: string, action: SettleAction) => {
    const request = { bookingId, action, actorId: null, onBehalf: true, key: null, reason: null }
    expect(await engine.settle(request)).toMatchObject({ kind: 'done' })
  }
  try {
    await expectSame(0)
    const claim = aClaim(slot, { confirm: false })
    expect(await engine.claim(claim)).toMatchObject({ kind: 'booked' })
    await expectSame(0)
    await settle(claim.bookingId, 'confirm')
    await expectSame(1)
    await engine.move({
      bookingId: claim.bookingId,
      slotId: other.id,
      actorId: null,
      onBehalf: true,
      key: randomUUID(),
    })
    await expectSame(1)
    await settle(before.id, 'cancel')
    await expectSame(0)
    await aBooking(database, other, { status: 'NO_SHOW' })
    await aBooking(database, other, { status: 'CANCELLED' })
    await expectSame(1)
    const which = { slotId: other.id }
    await engine.withdrawSlots({ clinicNo: slot.clinicNo, which, withBookings: true, dryRun: false, actorId: null })
    await expectSame(0)
  } finally {
    await engine.stop()
  }
})

test('a transaction that began before a count and ends after it is added to the next one', async ({ database }) => {
  const reads = createReads(database.appPool)
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 2 })
  const { id, clinicNo } = await aBooking(database, slot, { status: 'PENDING' })
  const first = await reads.proof()
  const confirmation = await database.ownerPool.connect()
  try {
    await confirmation.query('begin')
    await confirmation.query(`update holdfast.booking set status = 'CONFIRMED', version = 2 where id = $1`, [id])
    await confirmation.query(sql`
      insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
       select clinic_no, id, 2, now(), 'confirmed', slot_id, resource_id, units from holdfast.booking
        where clinic_no = ${clinicNo} and id = ${id}`)
    // A later transaction is counted meanwhile.
    await aBooking(database, slot)
    expect((await reads.proof()).bookings).toBe(first.bookings + 1)
    await confirmation.query('commit')
  } finally {
    confirmation.release()
  }
  expect((await reads.proof()).bookings).toBe(first.bookings + 2)
  expect((await reads.proof()).bookings).toBe(first.bookings + 2)
})

test('negative control: a planted double booking is found among the changes, and its end', async ({ database }) => {
  const reads = createReads(database.appPool)
  const { overbooked } = await reads.proof()
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const booked = await aBooking(database, slot)
  const setUnits = (units: number) =>
    database.ownerPool.query(sql`update holdfast.booking set units = ${units} where clinic_no = ${booked.clinicNo}
        and id = ${booked.id}`)
  await setUnits(2)
  expect((await reads.proof()).overbooked).toBe(overbooked + 1)
  await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
  expect((await reads.proof()).overbooked).toBe(overbooked + 1)
  await setUnits(1)
  expect((await reads.proof()).overbooked).toBe(overbooked)
})
