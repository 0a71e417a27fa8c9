import { join } from 'node:path'
import { until } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import {
  createBackedUpCluster,
  openDirectory,
  scratchDirectory,
  startContinuously,
} from '../../test/backed-up-cluster.ts'
import { copyRate, serverBytes } from './base-backup.ts'

const gigabyte = 1024 ** 3

test.for<[number, number, number]>([
  [8, 10, 8],
  [8, 28, 8],
  [8, 100, 29],
  [8, 4_000, 1_024],
  [200, 100, 200],
])('with %i MB/s, a server of %i GB is copied at %i MB/s', ([wished, gigabytes, rate]) => {
  expect(copyRate(wished, gigabytes * gigabyte)).toBe(rate)
})

test('after failures, a large server is copied faster, too', () => {
  expect(copyRate(8, 100 * gigabyte, 4)).toBe(116)
})

test('what is copied is the whole server, not only one database', async () => {
  const cluster = await createBackedUpCluster()
  onTestFinished(() => cluster.end())
  await cluster.ownerPool.query('create database other')
  const { rows } = await cluster.ownerPool.query<{ bytes: string }>(
    `select pg_database_size(current_database()) + pg_database_size('other') as bytes`,
  )
  expect(await serverBytes(cluster.ownerPool)).toBeGreaterThanOrEqual(Number(rows[0]?.bytes))
})

test('a copy that the server ended is repeated twice as fast', async () => {
  const cluster = await createBackedUpCluster()
  const scratch = await scratchDirectory()
  onTestFinished(async () => {
    await cluster.end()
    await scratch.remove()
  })
  /** The process that copies at this rate, once there is one. */
  const copying = (megabytes: number) =>
    until(async () => {
      const { rows } = await cluster.ownerPool.query<{ pid: number }>(
        `select pid from pg_stat_activity where query like 'BASE_BACKUP%' and query like $1`,
        [`%MAX_RATE ${megabytes * 1024})`],
      )
      return rows[0]?.pid
    }, `a copy at ${megabytes} MB/s`)
  const store = openDirectory(join(scratch.path, 'backups'))
  const backups = await startContinuously(cluster, store, 0.2, { megabytesPerSecond: 1 })
  onTestFinished(() => backups.stop())
  // The copy fails like this when more WAL is written meanwhile than max_slot_wal_keep_size allows.
  await cluster.ownerPool.query('select pg_terminate_backend($1)', [await copying(1)])
  await copying(2)
  expect(backups.events).toContainEqual(expect.objectContaining({ kind: 'failed', what: 'copy' }))
})
