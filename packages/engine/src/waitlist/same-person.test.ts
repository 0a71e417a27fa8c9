import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  ageBooking,
  aSlot,
  aWaitlistEntry,
  type BuiltDoctor,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { agedDatabaseTest } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'
import { createEngine } from '../create-engine.ts'

type Waiting = { id: string }
type Scene = {
  database: TestDatabase
  doctor: BuiltDoctor
  settle: (booking: { id: string }, action: 'cancel') => Promise<unknown>
  wait: (overrides: object) => Promise<Waiting>
  offerOf: (entry: Waiting) => Promise<{ id: string } | null>
}

const patients = {
  'the same': { name: 'Grace Hopper', email: 'grace@example.org' },
  'the same, with another space and case': { name: ' grace  hopper', email: 'Grace@example.org' },
  'without contacts, and the same name': { name: 'Grace Hopper' },
}

/** Who waits for the doctor, for the specialization, and longest of all but these, when three places are cancelled. */
async function offersOf({ database, doctor, settle, wait, offerOf }: Scene, again: { name: string; email?: string }) {
  const first = again.email === undefined ? { name: 'Grace Hopper' } : patients['the same']
  const { rows } = await database.ownerPool.query<{ specialization: string }>(sql`
    select specialization from holdfast.resource where id = ${doctor.id}`)
  const slot = await aSlot(database, doctor, { capacity: 3 })
  const booking = await aBooking(database, slot, { units: 3 })
  const entries = [
    await wait({ patient: first }),
    await wait({ patient: again, specialization: rows[0]?.specialization }),
    await wait({ patient: { name: 'Alan Turing', email: 'grace@example.org' } }),
  ]
  await settle(booking, 'cancel')
  const offers = []
  for (const entry of entries) offers.push(await offerOf(entry))
  return { slot, entries, offers: offers.map((offer) => offer?.id ?? null) }
}

const names = Object.keys(patients) as (keyof typeof patients)[]

test.for(names)(
  'one place of a slot is offered to one person who waits twice: %s',
  async (name, { database, doctor, settle, wait, offerOf, engine }) => {
    const scene = { database, doctor, settle, wait, offerOf }
    const { slot, entries, offers } = await offersOf(scene, patients[name])
    expect(offers).toEqual([expect.any(String), null, expect.any(String)])
    expect((await engine.reads.slot(slot.id))?.available).toBe(1)
    // The other entry goes on waiting, for other times.
    expect(await engine.waitlist.entry(entries[1]?.id ?? '')).toMatchObject({ status: 'waiting' })
  },
)

test('who has booked a place of a slot is offered no other', async ({ database, doctor, settle, wait, offerOf }) => {
  const slot = await aSlot(database, doctor, { capacity: 2 })
  await aBooking(database, slot, { patient: patients['the same'] })
  const other = await aBooking(database, slot)
  const entry = await wait({ patient: patients['the same'] })
  await settle(other, 'cancel')
  expect(await offerOf(entry)).toBeNull()
})

freshTest('negative control: one person gets two places', async ({ database, doctor, settle, wait, offerOf }) => {
  await plantFunction(database, 'identity_keys', { part: /'email '::text/, becomes: 'gen_random_uuid()::text' })
  const scene = { database, doctor, settle, wait, offerOf }
  const { offers } = await offersOf(scene, patients['the same, with another space and case'])
  expect(offers).toEqual([expect.any(String), expect.any(String), expect.any(String)])
})

const agedTest = agedDatabaseTest(4)

/** Whether who has booked a place of a slot so many days ago, and waits, is offered the place that is cancelled. */
async function isOfferedAgain(database: TestDatabase, days: number): Promise<boolean> {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor, { capacity: 2 })
  await ageBooking(database, await aBooking(database, slot, { patient: patients['the same'] }), days)
  const other = await aBooking(database, slot)
  const entry = await aWaitlistEntry(database, doctor, { patient: patients['the same'] })
  const by = { actorId: null, onBehalf: true, key: randomUUID(), reason: null }
  await engine.settle({ bookingId: other.id, action: 'cancel', ...by })
  const found = await engine.waitlist.entry(entry.id)
  await engine.stop()
  return (found?.offerBookingId ?? null) !== null
}

agedTest.for([20, 50, 70, 100])(
  'who has booked a place of a slot %i days ago is not offered another one',
  async (days, { database }) => {
    expect(await isOfferedAgain(database, days)).toBe(false)
  },
)

agedTest('negative control: if only recent bookings are read, they are offered another one', async ({ database }) => {
  await plantFunction(database, 'visits_of_slots', { part: 'if v_from < recent_ids()', becomes: 'if false' })
  expect(await isOfferedAgain(database, 100)).toBe(true)
})
