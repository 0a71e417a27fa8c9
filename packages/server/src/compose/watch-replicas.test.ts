import { createPool } from '@holdfast/engine'
import { databaseProxy, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { watchReplicas } from './watch-replicas.ts'

test('a replica is unknown while the primary has not responded, and measured when it does', async ({ database }) => {
  const proxy = await databaseProxy(database.ownerUrl)
  const bounds = { max: 1, connectTimeoutMs: 1_000, queryTimeoutMs: 1_000 }
  const probes = createPool({ url: proxy.url, name: 'holdfast probes', ...bounds })
  await proxy.cut()
  const settings = { databaseReplicaUrls: [database.ownerUrl], databaseAppUrl: null, replicaLagMsMax: 1_000 }
  const watched = await watchReplicas(
    { name: 'south', url: proxy.url, pools: { probes }, settings },
    createLogger('silent'),
  )
  onTestFinished(async () => {
    await watched?.stop()
    await probes.close(0)
    await proxy.end()
  })
  const name = new URL(database.ownerUrl).host
  expect(watched?.known()).toEqual([{ database: 'south', name, lagMs: null, isMeasured: false }])
  await proxy.restore()
  // It is no replica: that is known now.
  await until(async () => watched?.known()[0]?.isMeasured || undefined, 'the replica to be measured', 30_000)
  expect(watched?.known()).toEqual([{ database: 'south', name, lagMs: null, isMeasured: true }])
  await proxy.cut()
  await until(
    async () => watched?.known()[0]?.isMeasured === false,
    'the lag to be unknown without the primary',
    30_000,
  )
})
