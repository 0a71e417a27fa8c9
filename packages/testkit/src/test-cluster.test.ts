import { expect, test } from 'vitest'
import { holdLock } from './barrier.ts'
import { createTestCluster } from './test-cluster.ts'

test('a cluster ends while a connection is in use that a failed test did not give back', async () => {
  const cluster = await createTestCluster()
  const lock = await holdLock(cluster.ownerPool, 'lock table holdfast.clinic')
  await cluster.end()
  await expect(lock.release()).rejects.toThrow()
})
