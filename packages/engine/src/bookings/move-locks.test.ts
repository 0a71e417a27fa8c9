import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  holdLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { verify } from '../verify/verify.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

const kindsOf = (results: { kind: string; outcome?: { kind: string } }[]) =>
  results.map(({ kind, outcome }) => outcome?.kind ?? kind)

/** Like `lapseHolds`, for one hold and without its slot, which the move has locked. */
async function lapseNow(its: TestDatabase, bookingId: string): Promise<void> {
  await its.ownerPool.query(
    `with event as (update holdfast.booking_event set hold_expires_at = hold_expires_at - interval '1 day'
                     where booking_id = $1 and hold_expires_at is not null)
     update holdfast.booking set hold_expires_at = hold_expires_at - interval '1 day' where id = $1`,
    [bookingId],
  )
}

/**
 * A move into a slot waits for the second booking that it locks, a lapsed hold on that slot. Meanwhile another hold on
 * the slot lapses, whose id comes before both, and a batch locks that one and waits for the booking that is moved.
 */
async function lapseDuringMove(its: TestDatabase) {
  const doctor = await aDoctor(its, await aClinic(its))
  const [from, to] = [await aSlot(its, doctor, { capacity: 2 }), await aSlot(its, doctor, { capacity: 2 })]
  const lapsing = await aBooking(its, to, { status: 'PENDING', holdExpiresAt: new Date(Date.now() + 600_000) })
  const moved = await aBooking(its, from, { units: 2 })
  const lapsed = await aBooking(its, to, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 60_000) })
  const move = async () =>
    kindsOf(await runMoveBatch(its.appPool, [{ bookingId: moved.id, slotId: to.id, actorId: null, onBehalf: true }]))
  const common = { actorId: randomUUID(), onBehalf: true, key: null, reason: null }

  const lock = await holdLock(its.ownerPool, 'select from holdfast.booking where id = $1 for update', [lapsed.id])
  const moving = move()
  await untilLockWaiters(its, 1)
  await lapseNow(its, lapsing.id)
  const settling = runSettleBatch(its.appPool, [
    { ...common, bookingId: lapsing.id, action: 'confirm' },
    { ...common, bookingId: moved.id, action: 'link' },
  ]).then(kindsOf)
  await lock.releaseOnce(2)
  const ends = await Promise.allSettled([moving, settling])
  const words = ends.map((end) => (end.status === 'fulfilled' ? end.value.join(', ') : end.reason.code))
  return { words, next: await move() }
}

test('a hold that lapses while a move waits is left to the next; negative control: deadlock', async ({ database }) => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'move_bookings', {
    part: /perform fail_holds\([^;]*;/,
    becomes: 'perform lapse_holds(v_lapsed_clinic_nos, v_lapsed_slot_ids, v_locked_at);',
  })
  const [well, deadlocked] = await Promise.all([lapseDuringMove(database), lapseDuringMove(planted)])
  expect(well).toEqual({ words: ['retry', 'hold_expired, done'], next: ['done'] })
  expect(deadlocked.words).toContain('40P01')
  expect(await verify(database.appPool, { clinicNo: null, detailsMax: 10 })).toMatchObject({
    overbooked: 0,
    mismatches: 0,
    details: [],
  })
})
