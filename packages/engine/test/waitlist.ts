import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aSlot,
  aWaitlistEntry,
  type BuiltBooking,
  type BuiltDoctor,
  checkHistory,
  type TestDatabase,
  type WaitlistEntryOverrides,
} from '@holdfast/testkit'
import { test as base, freshDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../src/create-engine.ts'
import type { Engine } from '../src/model/engine.ts'
import type { SettleAction } from '../src/model/settle.ts'

type WithDatabase = { database: TestDatabase }
type WithEngine = { engine: Engine }
type WithDoctor = WithDatabase & { doctor: BuiltDoctor }
type WithSteps = {
  full: ReturnType<typeof fullSlot>
  wait: ReturnType<typeof entryFor>
  settle: ReturnType<typeof settleWith>
  offerOf: ReturnType<typeof offerFrom>
}

const anEngine = ({ database }: WithDatabase) =>
  createEngine({ batchPool: database.appPool, generalPool: database.appPool })

const settleWith =
  ({ engine }: WithEngine) =>
  (booking: Pick<BuiltBooking, 'id'>, action: SettleAction) =>
    engine.settle({ bookingId: booking.id, action, actorId: null, onBehalf: true, key: randomUUID(), reason: null })

/** Builds a slot of `doctor` with its booking. */
const fullSlot =
  ({ database, doctor }: WithDoctor) =>
  async (status: 'CONFIRMED' | 'PENDING' = 'CONFIRMED') => {
    const slot = await aSlot(database, doctor)
    return { slot, booking: await aBooking(database, slot, { status }) }
  }

/** Builds an entry of the waitlist of `doctor`. */
const entryFor =
  ({ database, doctor }: WithDoctor) =>
  (overrides: WaitlistEntryOverrides = {}) =>
    aWaitlistEntry(database, doctor, overrides)

const offerFrom =
  ({ engine }: WithEngine) =>
  async (entry: { id: string }) => {
    const found = await engine.waitlist.entry(entry.id)
    const bookingId = found?.offerBookingId ?? null
    return bookingId === null ? null : engine.reads.booking(bookingId)
  }

/** Builds a full slot and an entry that waits, and cancels the slot's booking: the entry is offered the place. */
const offeredPlace =
  ({ full, wait, settle, offerOf }: WithSteps) =>
  async (overrides: WaitlistEntryOverrides = {}) => {
    const { slot, booking } = await full()
    const entry = await wait(overrides)
    await settle(booking, 'cancel')
    const offer = await offerOf(entry)
    if (offer?.slotId !== slot.id) throw new Error('The place was not offered to the entry.')
    return { slot, entry, offer }
  }

/** After each test: what `verify` and the check of histories find. */
const faultsAfter = (
  { database, engine, doctor }: WithDoctor & WithEngine,
  { onCleanup }: { onCleanup(check: () => Promise<void>): void },
) =>
  onCleanup(async () => {
    const { details } = await engine.reads.verify({ clinicNo: doctor.clinicNo, detailsMax: 10 })
    expect(details).toEqual([])
    expect(await checkHistory(database)).toEqual([])
  })

export const test = base
  .extend('engine', anEngine)
  .extend('settle', settleWith)
  .extend('full', fullSlot)
  .extend('wait', entryFor)
  .extend('offerOf', offerFrom)
  .extend('offered', offeredPlace)
  .extend('faultsAfter', { auto: true }, faultsAfter)

/** Creates a database for each test, for tests that change its functions, or write what no function does. */
export const freshTest = freshDatabaseTest
  .extend('engine', anEngine)
  .extend('settle', settleWith)
  .extend('full', fullSlot)
  .extend('wait', entryFor)
  .extend('offerOf', offerFrom)
  .extend('offered', offeredPlace)
