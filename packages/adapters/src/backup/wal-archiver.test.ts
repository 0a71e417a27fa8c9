import { expect, onTestFinished, test } from 'vitest'
import {
  createBackedUpCluster,
  openDirectory,
  scratchDirectory,
  startContinuously,
} from '../../test/backed-up-cluster.ts'
import type { ObjectStore } from '../object-store/index.ts'

test('a flush that stores a part of a file while the whole file is stored leaves no part', async () => {
  const cluster = await createBackedUpCluster()
  onTestFinished(() => cluster.end())
  const scratch = await scratchDirectory()
  onTestFinished(scratch.remove)
  const store = openDirectory(scratch.path)
  const partBegun = Promise.withResolvers<void>()
  const wholeBegun = Promise.withResolvers<void>()
  const partNoted = Promise.withResolvers<void>()
  let isArmed = false
  let file: string | undefined
  const racing: ObjectStore = {
    ...store,
    async put(key, body) {
      const [name] = /[0-9A-F]{24}/.exec(key) ?? []
      if (isArmed && file === undefined && key.includes('.partial')) {
        file = name
        partBegun.resolve()
        await wholeBegun.promise
      } else if (file !== undefined && name === file && !key.includes('.partial')) {
        wholeBegun.resolve()
        await partNoted.promise
      }
      await store.put(key, body)
    },
    // A flush notes its part after it has removed the part before it.
    async remove(keys) {
      await store.remove(keys)
      if (file !== undefined) setImmediate(partNoted.resolve)
    },
  }
  const backups = await startContinuously(cluster, racing)
  await backups.copied()
  isArmed = true
  await partBegun.promise
  await cluster.ownerPool.query('create table filled (); drop table filled')
  await cluster.ownerPool.query('select pg_switch_wal()')
  await backups.flushed()
  await backups.stop()
  const keys = (await store.list('wal/')).map(({ key }) => key).filter((key) => key.includes(`/${file}-`))
  expect(keys).toHaveLength(1)
  expect(keys[0]).not.toContain('.partial')
})
