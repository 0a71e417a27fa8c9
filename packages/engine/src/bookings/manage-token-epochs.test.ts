import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  aWaitlistEntry,
  type BuiltBooking,
  holdLock,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { TokenRenewal } from '../model/manage-access.ts'
import { createManageTokenEpochs } from './manage-token-epochs.ts'
import { runSettleBatch } from './settle-batch.ts'

const aRenewal = (id: string, overrides: Partial<TokenRenewal> = {}): TokenRenewal => ({
  id,
  accountId: null,
  epoch: 0,
  renewalKey: randomUUID(),
  ...overrides,
})

async function aStage(database: TestDatabase) {
  const doctor = await aDoctor(database, await aClinic(database))
  const booking = await aBooking(database, await aSlot(database, doctor))
  return { doctor, booking, epochs: createManageTokenEpochs(database.appPool) }
}

async function link(database: TestDatabase, booking: BuiltBooking, accountId: string, tokenEpoch: number) {
  const request = {
    bookingId: booking.id,
    action: 'link' as const,
    actorId: accountId,
    onBehalf: false,
    access: { accountId: null, tokenEpoch },
  }
  const [result] = await runSettleBatch(database.appPool, [{ ...request, key: null, reason: null }])
  return result?.kind === 'completed' ? result.outcome.kind : result?.kind
}

const lockOf = (database: TestDatabase, booking: BuiltBooking) =>
  holdLock(database.ownerPool, 'select from holdfast.booking where clinic_no = $1 and id = $2 for update', [
    booking.clinicNo,
    booking.id,
  ])

test('each renewal is one more; with the same key it is the same one', async ({ database }) => {
  const { booking, epochs } = await aStage(database)
  const [first, second] = [aRenewal(booking.id), aRenewal(booking.id, { epoch: 1 })]
  expect(await epochs.renew(first)).toBe(1)
  expect(await epochs.renew(first)).toBe(1)
  expect(await epochs.renew(second)).toBe(2)
  expect(await epochs.renew(second)).toBe(2)
  // Its key is not that of the last renewal, and its token is void.
  expect(await epochs.renew(first)).toBeNull()
  expect(await epochs.access(booking.id)).toMatchObject({ epoch: 2, renewalKey: second.renewalKey })
})

test('the epochs of many bookings are read at once, of those whose token was renewed', async ({ database }) => {
  const { doctor, booking, epochs } = await aStage(database)
  const other = await aBooking(database, await aSlot(database, doctor))
  const never = await aBooking(database, await aSlot(database, doctor))
  await epochs.renew(aRenewal(booking.id))
  await epochs.renew(aRenewal(other.id))
  await epochs.renew(aRenewal(other.id, { epoch: 1 }))
  expect(await epochs.renewed([never.id, other.id, booking.id, 'no id', newId(booking.clinicNo)])).toEqual(
    new Map([
      [booking.id, 1],
      [other.id, 2],
    ]),
  )
  expect(await epochs.renewed([])).toEqual(new Map())
})

test('what is not there, was erased or belongs to another account gets no token', async ({ database }) => {
  const { doctor, booking, epochs } = await aStage(database)
  const accountId = randomUUID()
  expect(await epochs.renew(aRenewal(newId(doctor.clinicNo)))).toBeNull()
  expect(await epochs.renew(aRenewal(booking.id, { accountId }))).toBeNull()
  const erased = await aBooking(database, await aSlot(database, doctor), { status: 'CANCELLED' })
  await database.ownerPool.query(sql`
    select from holdfast.erase_patient(${erased.clinicNo}, array[${erased.id}::uuid], null, null)`)
  expect(await epochs.renew(aRenewal(erased.id))).toBeNull()
  expect((await epochs.access(booking.id))?.epoch).toBe(0)
})

test('an account renews the token of its own booking, whatever its epoch', async ({ database }) => {
  const { doctor, epochs } = await aStage(database)
  const accountId = randomUUID()
  const booking = await aBooking(database, await aSlot(database, doctor), { accountId })
  const own = { accountId, epoch: null }
  expect(await epochs.renew(aRenewal(booking.id, own))).toBe(1)
  expect(await epochs.renew(aRenewal(booking.id, own))).toBe(2)
})

test('two bearers of one token at once: the token of one is valid, and the other gets none', async ({ database }) => {
  const { booking, epochs } = await aStage(database)
  const lock = await lockOf(database, booking)
  const renewing = [epochs.renew(aRenewal(booking.id)), epochs.renew(aRenewal(booking.id))]
  await lock.releaseOnce(2)
  expect((await Promise.all(renewing)).toSorted()).toEqual([1, null])
  expect((await epochs.access(booking.id))?.epoch).toBe(1)
})

test('the same for an entry of a waitlist', async ({ database }) => {
  const { doctor, epochs } = await aStage(database)
  const entry = await aWaitlistEntry(database, doctor)
  const lock = await holdLock(
    database.ownerPool,
    'select from holdfast.waitlist_entry where clinic_no = $1 and id = $2 for update',
    [doctor.clinicNo, entry.id],
  )
  const renewing = [epochs.renew(aRenewal(entry.id)), epochs.renew(aRenewal(entry.id))]
  await lock.releaseOnce(2)
  expect((await Promise.all(renewing)).toSorted()).toEqual([1, null])
  expect((await epochs.accessToEntry(entry.id))?.epoch).toBe(1)
})

test('a token that is renewed first does not link the booking any more', async ({ database }) => {
  const { booking, epochs } = await aStage(database)
  const thief = randomUUID()
  const lock = await lockOf(database, booking)
  const renewing = epochs.renew(aRenewal(booking.id))
  await untilLockWaiters(database, 1)
  const linking = link(database, booking, thief, 0)
  await lock.releaseOnce(2)
  expect(await renewing).toBe(1)
  expect(await linking).toBe('booking_missing')
  expect((await epochs.access(booking.id))?.accountId).toBeNull()
  expect(await link(database, booking, thief, 1)).toBe('done')
  // A retry of the link is not refused, though the token has been renewed since.
  expect(await epochs.renew(aRenewal(booking.id, { accountId: thief, epoch: null }))).toBe(2)
  expect(await link(database, booking, thief, 1)).toBe('unchanged')
})

test('a booking that is linked first gives its former bearer no token', async ({ database }) => {
  const { booking, epochs } = await aStage(database)
  const accountId = randomUUID()
  const lock = await lockOf(database, booking)
  const linking = link(database, booking, accountId, 0)
  await untilLockWaiters(database, 1)
  const renewing = epochs.renew(aRenewal(booking.id))
  await lock.releaseOnce(2)
  expect(await linking).toBe('done')
  expect(await renewing).toBeNull()
  expect(await epochs.access(booking.id)).toMatchObject({ accountId, epoch: 0 })
})

test('negative control: a renewal that does not lock the booking races with its link', async () => {
  const database = await anotherDatabase()
  const { booking, epochs } = await aStage(database)
  await plantFunction(database, 'renew_manage_token', {
    part: 'v_bookings := lock_bookings(array[p_clinic_no], array[p_id]);',
    becomes: 'v_bookings := array(select b from booking b where b.clinic_no = p_clinic_no and b.id = p_id);',
  })
  const linking = await database.ownerPool.connect()
  await linking.query('begin')
  const accountId = randomUUID()
  const settle = `select outcome from holdfast.settle_bookings(
    array[$1::int], array[$2::uuid], '{link}', array[$3::uuid], '{false}', '{null}', '{null}', '{null}',
    array['{"accountId": null, "tokenEpoch": 0}'::jsonb])`
  const { rows } = await linking.query(settle, [booking.clinicNo, booking.id, accountId])
  expect(rows).toEqual([{ outcome: 'done' }])
  // Its bearer is given a token, which the link voids.
  expect(await epochs.renew(aRenewal(booking.id))).toBe(1)
  await linking.query('commit')
  linking.release()
  expect(await epochs.access(booking.id)).toMatchObject({ accountId, epoch: 1 })
})

test('negative control: a link that does not compare the epoch is done with a void token', async () => {
  const database = await anotherDatabase()
  const { booking, epochs } = await aStage(database)
  await plantFunction(database, 'settle_bookings', {
    part: 'when not has_access(',
    becomes: 'when false and has_access(',
  })
  await epochs.renew(aRenewal(booking.id))
  expect(await link(database, booking, randomUUID(), 0)).toBe('done')
})
