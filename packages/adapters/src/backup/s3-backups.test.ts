// Drill: backups and restores
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { expect, onTestFinished, test } from 'vitest'
import { restoredNumbers, scratchDirectory, startContinuously } from '../../test/backed-up-cluster.ts'
import { clusterOfFile } from '../../test/cluster-of-file.ts'
import { type ObjectStore, openObjectStore } from '../object-store/index.ts'
import { readCatalogue, removeExpired } from './index.ts'

const cluster = await clusterOfFile()

async function scratch(): Promise<string> {
  const { path, remove } = await scratchDirectory()
  onTestFinished(remove)
  return path
}

async function openS3(): Promise<ObjectStore> {
  const directory = await scratch()
  const service = new S3rver({ directory, port: 0, silent: true, configureBuckets: [{ name: 'clinic' }] })
  const { port } = await service.run()
  onTestFinished(() => service.close())
  return openObjectStore('s3://clinic/backups', `http://S3RVER:S3RVER@localhost:${port}`)
}

test('by S3, WAL is archived, a moment and the end are restored, and the first copy expires with its WAL', async () => {
  const store = await openS3()
  const backups = await startContinuously(cluster, store)
  await backups.copied()
  const before = await cluster.write()
  // A booking may be acknowledged in the millisecond in which it is committed.
  const moment = new Date(before.acknowledgedAt.getTime() + 1)
  await backups.flushed()
  await cluster.ownerPool.query('select pg_switch_wal()')
  const after = await cluster.write()
  await backups.flushed()
  const [first] = (await readCatalogue(store)).backups
  if (first === undefined) throw new Error('There is no backup.')
  expect(first.wal.length).toBeGreaterThanOrEqual(2)
  const restored = await restoredNumbers(store, moment, join(await scratch(), 'restored'))
  expect([restored.at(-1), restored.includes(after.no)]).toEqual([before.no, false])

  const second = await cluster.copy(store, { archive: first.manifest.archive ?? '' })
  const last = await cluster.write()
  await backups.flushed()
  await backups.stop()
  const later = new Date(new Date(second.endedAt).getTime() + 30 * 86_400_000)
  expect(await removeExpired(store, 30, later)).toEqual([first.id])
  const { backups: left, unusable } = await readCatalogue(store)
  expect([left.map(({ id }) => id), unusable]).toEqual([[second.id], []])
  const keysLeft = (await store.list('')).map(({ key }) => key)
  expect(keysLeft.filter((key) => key.includes(first.id) || key === first.wal[0]?.key)).toEqual([])
  expect((await restoredNumbers(store, null, join(await scratch(), 'restored'))).at(-1)).toBe(last.no)
})
