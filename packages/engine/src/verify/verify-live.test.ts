import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSlot, type BuiltSlot, checkHistory, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'
import { verify } from './verify.ts'

let slots: BuiltSlot[]

test.beforeAll(async ({ database }) => {
  const doctor = await aDoctor(database, await aClinic(database, { settings: { holdSeconds: 30 } }))
  slots = []
  for (let index = 0; index < 8; index += 1) slots.push(await aSlot(database, doctor, { capacity: 500 }))
})

const batchSize = 16
const rounds = 30
const patient = JSON.stringify({ name: 'Someone' })

function anySlot(): BuiltSlot {
  const slot = slots[Math.floor(Math.random() * slots.length)]
  if (slot === undefined) throw new Error('There are no slots.')
  return slot
}

/** One batch of claims, each for any of the slots, every other one confirmed at once. Returns the ids booked. */
async function claimBatch(database: TestDatabase): Promise<string[]> {
  const items = Array.from({ length: batchSize }, () => ({ slot: anySlot(), id: newId(slots[0]?.clinicNo ?? 0) }))
  const { rows } = await database.appPool.query<{ booking_id: string | null }>(
    `select unnest(booking_ids) as booking_id
       from holdfast.claim_slots($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      items.map((item) => item.slot.clinicNo),
      items.map((item) => item.slot.id),
      items.map((item) => item.id),
      items.map(() => 1),
      items.map(() => randomUUID()),
      items.map(() => randomUUID()),
      items.map((_, index) => index % 2 === 0),
      items.map(() => null),
      items.map(() => null),
      items.map(() => null),
      items.map(() => patient),
      items.map(() => null),
    ],
  )
  return rows.flatMap((row) => (row.booking_id === null ? [] : [row.booking_id]))
}

async function settleBatch(database: TestDatabase, ids: string[]): Promise<void> {
  const actions = ['confirm', 'cancel', 'extend']
  await database.appPool.query('select from holdfast.settle_bookings($1, $2, $3, $4, $5, $6, $7)', [
    ids.map(() => slots[0]?.clinicNo),
    ids,
    ids.map((_, index) => actions[index % actions.length]),
    ids.map(() => null),
    ids.map(() => true),
    ids.map(() => randomUUID()),
    ids.map(() => null),
  ])
}

test('during claims, confirmations and cancellations it never reports a false finding', async ({ database }) => {
  let working = 4
  const work = Array.from({ length: working }, async () => {
    for (let round = 0; round < rounds; round += 1) await settleBatch(database, await claimBatch(database))
    working -= 1
  })
  let bookingsBefore = 0
  let verified = 0
  while (working > 0) {
    const report = await verify(database.appPool, { clinicNo: null, detailsMax: 10 })
    expect(report.details).toEqual([])
    expect(report.bookings).toBeGreaterThanOrEqual(bookingsBefore)
    bookingsBefore = report.bookings
    verified += 1
  }
  await Promise.all(work)
  expect(verified).toBeGreaterThan(1)
  expect(await verify(database.appPool, { clinicNo: null, detailsMax: 10 })).toMatchObject({
    bookings: 4 * rounds * batchSize,
    overbooked: 0,
    mismatches: 0,
  })
  expect(await checkHistory(database)).toEqual([])
})

test('negative control: read in two snapshots, correct data has findings', async ({ database }) => {
  const taken = await database.appPool.query<{ sum: number }>('select sum(taken)::int8 as sum from holdfast.slot')
  await claimBatch(database)
  const booked = await database.appPool.query<{ sum: number }>(`select sum(units)::int8 as sum from holdfast.booking
      where status in ('PENDING', 'CONFIRMED')`)
  expect(booked.rows[0]?.sum).not.toBe(taken.rows[0]?.sum)
})
