import { aBooking, aClaim, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { runClaimBatch } from './claim-batch.ts'

/** The plan of the statement that claims a slot after a former booking, among the events of 20,000 others. */
async function planOf(database: TestDatabase, change = 'select'): Promise<string> {
  const doctor = await aDoctor(database, await aClinic(database))
  const former = await aBooking(database, await aSlot(database, doctor, { capacity: 2 }), { units: 1 })
  const slot = await aSlot(database, doctor)
  await database.ownerPool.query(
    `insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
     select e.clinic_no, holdfast.new_id(e.clinic_no, now()), 1, e.at, e.type, e.slot_id, e.resource_id, 1
       from holdfast.booking_event e cross join generate_series(1, 20000) where e.booking_id = $1 and e.version = 1`,
    [former.id],
  )
  await database.ownerPool.query('analyze holdfast.booking_event')
  let sent: pg.QueryConfig | undefined
  const pool = {
    query: async (statement: pg.QueryConfig) => {
      sent = statement
      return { rows: [] }
    },
  }
  await runClaimBatch(pool as unknown as pg.Pool, [aClaim(slot, { formerBookingId: former.id })])
  if (sent === undefined) throw new Error('A claim is a statement.')
  const client = await database.ownerPool.connect()
  try {
    await client.query(`begin; ${change}`)
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${sent.text}`, sent.values)
    await client.query('rollback')
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  } finally {
    client.release()
  }
}

freshDatabaseTest('whether a former booking was linked is read by key, in its month alone', async ({ database }) => {
  const plan = await planOf(database)
  expect(plan.match(/on booking_event_\w+/g)).toHaveLength(1)
  expect(plan).toMatch(/Index Scan using booking_event_\w+pkey/)
  expect(plan).not.toMatch(/Seq Scan on booking/)
})

freshDatabaseTest('negative control: without indexes, all events are read', async ({ database }) => {
  const off =
    'set local enable_indexscan = off; set local enable_bitmapscan = off; set local enable_indexonlyscan = off'
  expect(await planOf(database, off)).toMatch(/Seq Scan on booking_event/)
})
