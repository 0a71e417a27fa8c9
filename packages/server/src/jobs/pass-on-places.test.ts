import { passOnLapsedPlaces } from '@holdfast/engine'
import {
  aBooking,
  aClinic,
  aDoctor,
  ageBooking,
  aSlot,
  aWaitlistEntry,
  holdLock,
  type TestDatabase,
  takenOf,
  until,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect, onTestFinished, vi } from 'vitest'
import { runningServer } from '../../test/running-server.ts'
import { createLogger } from '../observe/logger.ts'
import { startPassingOnPlaces } from './pass-on-places.ts'

/** A hold that lapsed a second ago, in a clinic where somebody waits for its place, or nobody. */
async function aLapsedHold(database: TestDatabase, isAwaited: boolean) {
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) })
  return { slot, entry: isAwaited ? await aWaitlistEntry(database, doctor) : null }
}

async function offeredSlot(database: TestDatabase, entryId: string | undefined): Promise<string | undefined> {
  const { rows } = await database.ownerPool.query<{ slot_id: string }>(sql`select b.slot_id
      from holdfast.waitlist_entry e join holdfast.booking b on b.id = e.offer_id where e.id = ${entryId}`)
  return rows[0]?.slot_id
}

test('a lapsed place is offered to who waits; where nobody waits, it is left to the sweep', async ({ database }) => {
  const left = await aLapsedHold(database, false)
  const { slot, entry } = await aLapsedHold(database, true)
  const passing = startPassingOnPlaces({ pool: database.appPool, log: createLogger('silent'), everyMs: 10 })
  onTestFinished(() => passing.stop())
  const offered = await until(() => offeredSlot(database, entry?.id), 'an offer')
  expect(offered).toBe(slot.id)
  expect(await takenOf(database, slot, left.slot)).toEqual([1, 1])
  const { rows } = await database.ownerPool.query(sql`select status from holdfast.booking
      where slot_id = ${left.slot.id}`)
  expect(rows).toEqual([{ status: 'PENDING' }])
})

/** A hold of a free doctor that lapsed three weeks ago: a request may end 15 days after its hold began. */
async function anOldLapsedHold(database: TestDatabase) {
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  const old = await ageBooking(database, await aBooking(database, slot, { status: 'PENDING' }), 21)
  await database.ownerPool.query(sql`update holdfast.booking set hold_expires_at = created_at + interval '2 minutes'
      where id = ${old.id}`)
  await database.ownerPool.query(sql`update holdfast.slot
      set next_lapse = (select hold_expires_at from holdfast.booking where id = ${old.id}) where id = ${slot.id}`)
  return { doctor, slot }
}

test('so is one that lapsed three weeks ago, when no server ran', async ({ database }) => {
  const { doctor, slot } = await anOldLapsedHold(database)
  const entry = await aWaitlistEntry(database, doctor)
  // Negative control: those that may have lapsed within the last day do not include it.
  expect(await passOnLapsedPlaces(database.appPool)).toBe(0)
  const passing = startPassingOnPlaces({ pool: database.appPool, log: createLogger('silent'), everyMs: 10 })
  onTestFinished(() => passing.stop())
  const offered = await until(() => offeredSlot(database, entry.id), 'an offer')
  expect(offered).toBe(slot.id)
  expect(await takenOf(database, slot)).toEqual([1])
})

test('what was locked as all months were seen is offered soon after, not an hour later', async ({ database }) => {
  const { doctor, slot } = await anOldLapsedHold(database)
  const entry = await aWaitlistEntry(database, doctor)
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261800, $1)', [doctor.clinicNo])
  onTestFinished(() => lock.release())
  const queries = vi.spyOn(database.appPool, 'query')
  onTestFinished(() => queries.mockRestore())
  const passing = startPassingOnPlaces({ pool: database.appPool, log: createLogger('silent'), everyMs: 10 })
  onTestFinished(() => passing.stop())
  // Each look reads the list of months: the second one begins when the first one is over.
  await until(async () => {
    const looks = queries.mock.calls.filter(([query]) => JSON.stringify(query).includes('booking_months'))
    return looks.length >= 2 ? looks : undefined
  }, 'a second look at all months')
  expect(await offeredSlot(database, entry.id)).toBeUndefined()
  await lock.release()
  const offered = await until(() => offeredSlot(database, entry.id), 'an offer')
  expect(offered).toBe(slot.id)
})

test('failures are logged once, until it works again', async ({ database }) => {
  const lines: string[] = []
  let failing = 3
  const pool = Object.create(database.appPool, {
    query: {
      value: async (statement: unknown) => {
        failing -= 1
        if (failing >= 0) throw new Error('the database is away')
        return database.appPool.query(statement as string)
      },
    },
  })
  const { entry } = await aLapsedHold(database, true)
  const log = createLogger('warn', { write: (line) => void lines.push(line) })
  const passing = startPassingOnPlaces({ pool, log, everyMs: 10 })
  onTestFinished(() => passing.stop())
  await until(() => offeredSlot(database, entry?.id), 'an offer')
  expect(lines).toHaveLength(1)
})

test('a server without a worker offers a lapsed place', async () => {
  const server = await runningServer({ HOLDFAST_WORKER: 'off' })
  onTestFinished(() => server.end())
  const { slot, entry } = await aLapsedHold(server.database, true)
  const offered = await until(() => offeredSlot(server.database, entry?.id), 'an offer')
  expect(offered).toBe(slot.id)
})
