import { createPool } from '@holdfast/engine'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { checkDatabase } from './check-database.ts'

/** A connection that PostgreSQL lists among its replicas. */
async function connectReplica({ ownerUrl }: TestDatabase): Promise<void> {
  const url = new URL(ownerUrl)
  url.searchParams.set('replication', 'database')
  const pool = createPool({ url: url.href, max: 1, name: 'a replica' })
  const replica = await pool.connect()
  onTestFinished(async () => {
    replica.release()
    await pool.end()
  })
}

async function replicationOf({ ownerUrl }: TestDatabase) {
  const { checks } = await checkDatabase(ownerUrl)
  return checks.find(({ name }) => name === 'replication')
}

test('replicas without synchronous_standby_names are a warning, because a failover loses bookings', async ({
  database,
}) => {
  expect(await replicationOf(database)).toBeUndefined()
  await connectReplica(database)
  const found = await replicationOf(database)
  expect(found).toMatchObject({ state: 'warning', fix: expect.stringContaining('synchronous_mode') })
  expect(found?.found).toContain('replica')
})
