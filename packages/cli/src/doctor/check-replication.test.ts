import { createTestCluster } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { checkReplication } from './check-replication.ts'

test('a login that may not copy the server, or finds no free slot, cannot back it up', async () => {
  const cluster = await createTestCluster()
  onTestFinished(() => cluster.end())
  const { appUrl, ownerPool } = cluster
  expect(await checkReplication(appUrl)).toMatchObject({
    state: 'error',
    fix: expect.stringMatching(/ALTER ROLE app R/),
  })
  await ownerPool.query('alter role app replication')
  expect(await checkReplication(appUrl)).toMatchObject({ state: 'ok' })
  await ownerPool.query(`
    select pg_create_physical_replication_slot('other_' || n)
      from generate_series(1, current_setting('max_replication_slots')::int) n`)
  expect(await checkReplication(appUrl)).toMatchObject({
    state: 'error',
    found: expect.stringContaining('no free replication slot'),
  })
  await ownerPool.query(`select pg_drop_replication_slot('other_1')`)
  await ownerPool.query(`select pg_create_physical_replication_slot('holdfast_backup_1')`)
  expect(await checkReplication(appUrl)).toMatchObject({ state: 'ok' })
})
