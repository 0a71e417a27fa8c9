import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aMove,
  aSettlement,
  aSlot,
  aWithdrawal,
  type BuiltBooking,
  type BuiltDoctor,
  holdLock,
  lapseHolds,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { SettleAction } from '../model/settle.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { verify } from '../verify/verify.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

let doctor: BuiltDoctor

test.beforeAll(async ({ database }) => {
  doctor = await aDoctor(database, await aClinic(database))
})

const settle = (its: TestDatabase, booking: { id: string }, action: SettleAction) =>
  runSettleBatch(its.appPool, [aSettlement(booking.id, action, { actorId: randomUUID(), key: randomUUID() })])

const sweep = (its: TestDatabase) => its.appPool.query('select holdfast.expire_holds(100)')

const faultsOf = async (its: TestDatabase) =>
  (await verify(its.appPool, { clinicNo: null, detailsMax: 10 })).details.map(({ message }) => message)

/** A claim has read the clock and waits for the first of two lapsed holds; the second is linked to an account. */
async function linkDuringClaim(its: TestDatabase): Promise<string[]> {
  const slot = await aSlot(its, await aDoctor(its, await aClinic(its)), { capacity: 2 })
  const first = await aBooking(its, slot, { status: 'PENDING' })
  const second = await aBooking(its, slot, { status: 'PENDING' })
  await lapseHolds(its, slot)
  const lock = await holdLock(its.ownerPool, 'select from holdfast.booking where id = $1 for update', [first.id])
  const claiming = runClaimBatch(its.appPool, [aClaim(slot)])
  await untilLockWaiters(its, 1)
  expect(await settle(its, second, 'link')).toMatchObject([{ outcome: { kind: 'done' } }])
  await lock.release()
  expect(await claiming).toMatchObject([{ outcome: { kind: 'booked' } }])
  return faultsOf(its)
}

test('a lapsed hold linked as a claim waits fails after the link; negative control: before', async ({ database }) => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'lapse_holds', { part: 'greatest(p_now, q.updated_at)', becomes: 'p_now' })
  expect(await linkDuringClaim(database)).toEqual([])
  expect(await linkDuringClaim(planted)).toEqual([
    expect.stringMatching(/^version 3: failed at .*, before its predecessor/),
  ])
})

/** Makes everything so far look written by a server with a clock an hour ahead that has failed over to this one. */
async function writtenByFastClock(database: TestDatabase, booking: BuiltBooking): Promise<void> {
  const parameters = [booking.clinicNo, booking.id]
  await database.ownerPool.query(
    `update holdfast.booking_event set at = at + interval '1 hour',
      hold_expires_at = hold_expires_at + interval '1 hour'
      where clinic_no = $1 and booking_id = $2`,
    parameters,
  )
  await database.ownerPool.query(
    `update holdfast.booking
        set created_at = created_at + interval '1 hour', updated_at = updated_at + interval '1 hour',
            hold_expires_at = hold_expires_at + interval '1 hour'
      where clinic_no = $1 and id = $2`,
    parameters,
  )
}

test.for([
  {
    what: 'is confirmed',
    status: 'CONFIRMED',
    after: 'CANCELLED',
    act: (database: TestDatabase, b: BuiltBooking) => settle(database, b, 'cancel'),
  },
  {
    what: 'is linked',
    status: 'CONFIRMED',
    after: 'CONFIRMED',
    act: (database: TestDatabase, b: BuiltBooking) => settle(database, b, 'link'),
  },
  {
    what: 'is moved',
    status: 'CONFIRMED',
    after: 'CONFIRMED',
    act: async (database: TestDatabase, b: BuiltBooking) =>
      runMoveBatch(database.appPool, [aMove(b.id, (await aSlot(database, doctor)).id)]),
  },
  {
    what: 'loses its slot',
    status: 'CONFIRMED',
    after: 'FAILED',
    act: (database: TestDatabase, { clinicNo, slotId }: BuiltBooking) =>
      withdrawSlots(database.appPool, aWithdrawal(clinicNo, { slotId })),
  },
  { what: 'lapses', status: 'PENDING', after: 'FAILED', act: (database: TestDatabase) => sweep(database) },
  {
    what: 'makes room',
    status: 'PENDING',
    after: 'FAILED',
    act: (database: TestDatabase, b: BuiltBooking) =>
      runClaimBatch(database.appPool, [aClaim({ clinicNo: b.clinicNo, id: b.slotId })]),
  },
] as const)(
  'a booking written by a clock that was ahead $what no earlier than its last event',
  async ({ status, after, act }, { database }) => {
    const slot = await aSlot(database, doctor)
    const booking = await aBooking(database, slot, { status })
    await writtenByFastClock(database, booking)
    await lapseHolds(database, slot)
    await act(database, booking)
    const { rows } = await database.ownerPool.query(sql`
      select b.status, b.version = count(*) as logged, b.updated_at = max(e.at) as timed
        from holdfast.booking b join holdfast.booking_event e on e.clinic_no = b.clinic_no and e.booking_id = b.id
       where b.id = ${booking.id} group by b.clinic_no, b.id`)
    expect(rows).toEqual([{ status: after, logged: true, timed: true }])
    expect(await faultsOf(database)).toEqual([])
  },
)
