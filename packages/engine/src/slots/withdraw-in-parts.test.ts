import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  aWithdrawal,
  checkHistory,
  holdSlotLock,
  ofKind,
  type TestDatabase,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect, onTestFinished } from 'vitest'
import { DatabaseUnavailable } from '../database/database-unavailable.ts'
import { createPool } from '../database/pools.ts'
import type { WithdrawSlotsRequest } from '../model/slot.ts'
import { verify } from '../verify/verify.ts'
import { withdrawInParts } from './withdraw-in-parts.ts'

const minuteMs = 60_000
const inParts = { slotsMax: 2, unitsMax: 1_000 }

/** Six slots of a doctor, each with a booking, an hour apart. */
async function aWeek(database: TestDatabase) {
  const doctor = await aDoctor(database, await aClinic(database))
  const from = new Date(Math.ceil(Date.now() / minuteMs) * minuteMs + 24 * 60 * minuteMs)
  const slots = []
  for (let n = 0; n < 6; n += 1) {
    const startsAt = new Date(from.getTime() + n * 60 * minuteMs)
    slots.push(await aSlot(database, doctor, { startsAt }))
  }
  const bookings = []
  for (const slot of slots) bookings.push(await aBooking(database, slot))
  const which = { doctorId: doctor.id, from, to: new Date(from.getTime() + 24 * 60 * minuteMs) }
  const request: WithdrawSlotsRequest = aWithdrawal(doctor.clinicNo, which)
  return { slots, bookings, request }
}

async function withdrawnCount(database: TestDatabase, { which }: WithdrawSlotsRequest): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(sql`select count(*)::integer as count
      from holdfast.slot where withdrawn_at is not null
      and resource_id = ${'doctorId' in which ? which.doctorId : null}`)
  return rows[0]?.count ?? 0
}

describe('a range with bookings', () => {
  test('is withdrawn in parts: the first are committed while a later one waits for a lock', async ({ database }) => {
    const { slots, bookings, request } = await aWeek(database)
    const last = slots.at(-1)
    if (last === undefined) throw new Error('no slot')
    const lock = await holdSlotLock(database, last)
    onTestFinished(() => lock.release())
    const positions: (string | null)[] = []
    const withdrawing = withdrawInParts(database.appPool, request, (at) => void positions.push(at), inParts)
    await until(
      async () => (await withdrawnCount(database, request)) === 4,
      async () => `two parts, not ${await withdrawnCount(database, request)} slots`,
      20_000,
    )
    await lock.release()
    const outcome = await withdrawing
    expect(outcome).toMatchObject({ kind: 'withdrawn', slots: 6, position: positions.at(-1) })
    if (outcome.kind !== 'withdrawn') throw new Error(outcome.kind)
    expect(outcome.bookings.map(({ id }) => id)).toEqual(bookings.map(({ id }) => id))
    expect(new Set(positions).size).toBe(3)
    expect(await checkHistory(database)).toEqual([])
  })

  test('negative control: in one transaction, none is committed while one waits', async ({ database }) => {
    const { slots, request } = await aWeek(database)
    const last = slots.at(-1)
    if (last === undefined) throw new Error('no slot')
    const lock = await holdSlotLock(database, last)
    onTestFinished(() => lock.release())
    const withdrawing = withdrawInParts(database.appPool, request, () => undefined, { slotsMax: 100, unitsMax: 1_000 })
    await untilLockWaiters(database, 1)
    expect(await withdrawnCount(database, request)).toBe(0)
    await lock.release()
    expect(await withdrawing).toMatchObject({ kind: 'withdrawn', slots: 6 })
  })

  test('failed in part, it is not known; a repetition ends it, naming all bookings', async ({ database }) => {
    const { slots, bookings, request } = await aWeek(database)
    const last = slots.at(-1)
    if (last === undefined) throw new Error('no slot')
    const lock = await holdSlotLock(database, last)
    onTestFinished(() => lock.release())
    const pool = createPool({ url: database.appUrl, max: 1, name: 'withdraws', lockTimeoutMs: 50 })
    const failed: unknown = await withdrawInParts(pool, request, () => undefined, inParts).catch((error) => error)
    expect(failed).toBeInstanceOf(DatabaseUnavailable)
    expect(failed).toMatchObject({ outcomeUnknown: true })
    await lock.release()
    const named = bookings.map(({ id }) => ({ id, status: 'CONFIRMED' }))
    expect(await withdrawInParts(pool, request, () => undefined, inParts)).toMatchObject({
      kind: 'withdrawn',
      slots: 2,
      bookings: named,
    })
    expect(await withdrawnCount(database, request)).toBe(6)
    // Once more, when nothing is left.
    expect(await withdrawInParts(pool, request, () => undefined, inParts)).toMatchObject({ slots: 6, bookings: named })
    await pool.end()
  })
})

test('a crash between two parts: another server does the rest and names all bookings', async ({ database }) => {
  const { slots, bookings, request } = await aWeek(database)
  const last = slots.at(-1)
  if (last === undefined) throw new Error('no slot')
  const lock = await holdSlotLock(database, last)
  onTestFinished(() => lock.release())
  const crashing = createPool({ url: database.appUrl, max: 1, name: 'crashes' })
  const failed = withdrawInParts(crashing, request, () => undefined, inParts).catch((error: unknown) => error)
  await untilLockWaiters(database, 1)
  await database.ownerPool.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'crashes'`)
  expect(await failed).toMatchObject({ outcomeUnknown: true })
  expect(await withdrawnCount(database, request)).toBe(4)
  expect(await verify(database.appPool, { clinicNo: request.clinicNo, detailsMax: 5 })).toMatchObject({ mismatches: 0 })
  await lock.release()
  const repeated = await withdrawInParts(database.appPool, request, () => undefined, inParts)
  expect(repeated).toMatchObject({ kind: 'withdrawn', slots: 2 })
  const named = 'bookings' in repeated && Array.isArray(repeated.bookings) ? repeated.bookings.map(({ id }) => id) : []
  expect(named).toEqual(bookings.map(({ id }) => id))
  // Each booking has failed once.
  expect(await checkHistory(database)).toEqual([])
  await crashing.end()
})

test.for([
  ['59 minutes', 6],
  ['61 minutes', 2],
] as const)('a repetition %s after the first parts names %i bookings', async ([age, named], { database }) => {
  const { slots, bookings, request } = await aWeek(database)
  const [fifth] = slots.slice(-2)
  if (fifth === undefined) throw new Error('no slot')
  const first = { ...request, which: { ...request.which, to: fifth.startsAt } }
  expect(await withdrawInParts(database.appPool, first, () => undefined, inParts)).toMatchObject({ slots: 4 })
  await database.ownerPool.query(sql`update holdfast.slot set withdrawn_at = withdrawn_at - ${age}::interval
      where id = any (${slots.map(({ id }) => id)}) and withdrawn_at is not null`)
  const outcome = ofKind(await withdrawInParts(database.appPool, request, () => undefined, inParts), 'withdrawn')
  expect(outcome.slots).toBe(2)
  expect(outcome.bookings.map(({ id }) => id)).toEqual(bookings.slice(-named).map(({ id }) => id))
})

test('a range that must have no bookings is withdrawn at once, or not at all', async ({ database }) => {
  const { request } = await aWeek(database)
  const outcome = await withdrawInParts(database.appPool, { ...request, withBookings: false }, () => undefined, inParts)
  expect(outcome).toEqual({ kind: 'slot_has_bookings', bookings: 6 })
  expect(await withdrawnCount(database, request)).toBe(0)
})

test('a dry run reports the whole range, and withdraws nothing', async ({ database }) => {
  const { request } = await aWeek(database)
  const positions: (string | null)[] = []
  const outcome = await withdrawInParts(
    database.appPool,
    { ...request, dryRun: true },
    (at) => void positions.push(at),
    inParts,
  )
  expect(outcome).toMatchObject({ kind: 'withdrawn', slots: 6 })
  expect([positions, await withdrawnCount(database, request)]).toEqual([[], 0])
})
