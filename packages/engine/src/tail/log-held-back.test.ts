import { aBooking, rolledBack } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { aCluster, aRoomySlot } from '../../test/followed-cluster.ts'
import { findLogHeldBack, logHeldBackSeconds } from './log-held-back.ts'

test('an open transaction that is older than an event holds it back, and is named', async () => {
  // Transactions of other databases hold it back, too: this one is alone on its server.
  const database = await aCluster()
  const slot = await aRoomySlot(database)
  await aBooking(database, slot)
  // The application may not see the session of another role, but its lock.
  const find = () => findLogHeldBack(database.appPool, 0)
  expect(await find()).toBeNull()
  await rolledBack(database.ownerPool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid, pg_current_xact_id()')
    // Nothing waits for it yet.
    expect(await find()).toBeNull()
    await aBooking(database, slot, { createdAt: new Date(Date.now() - 60_000) })
    const held = await find()
    expect(held).toMatchObject({ by: { pid: rows[0]?.pid } })
    expect(held?.seconds).toBeGreaterThanOrEqual(59)
    expect(await findLogHeldBack(database.appPool, 600)).toBeNull()
  })
  expect(await find()).toBeNull()
  expect(await logHeldBackSeconds(database.appPool)).toBe(0)
})
