import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { findLogHeldBack, logHeldBackSeconds } from './log-held-back.ts'

test('an open transaction that is older than an event holds it back, and is named', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 9 })
  await aBooking(database, slot)
  // The application may not see the session of another role, but its lock.
  const find = () => findLogHeldBack(database.appPool, 0)
  expect(await find()).toBeNull()
  const client = await database.ownerPool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid, pg_current_xact_id()')
    // Nothing waits for it yet.
    expect(await find()).toBeNull()
    await aBooking(database, slot, { createdAt: new Date(Date.now() - 60_000) })
    const held = await find()
    expect(held).toMatchObject({ by: { pid: rows[0]?.pid } })
    expect(held?.seconds).toBeGreaterThanOrEqual(59)
    expect(await findLogHeldBack(database.appPool, 600)).toBeNull()
  } finally {
    await client.query('rollback')
    client.release()
  }
  expect(await find()).toBeNull()
  expect(await logHeldBackSeconds(database.appPool)).toBe(0)
})
