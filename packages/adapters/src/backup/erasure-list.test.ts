import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { keys, openDirectory, scratchDirectory } from '../../test/backed-up-cluster.ts'
import type { ObjectStore } from '../object-store/index.ts'
import { listedUntil, loadReadingKeys, loadSealer, readErasures, removeErasures, storeErasures } from './index.ts'

let place: string
let store: ObjectStore

beforeEach(async () => {
  const scratch = await scratchDirectory()
  onTestFinished(scratch.remove)
  place = join(scratch.path, 'backups')
  store = openDirectory(place)
})

const read = async (since: number) =>
  readErasures(store, (await loadReadingKeys(store, keys)) ?? [], new Date(since)).then(({ erased, unusable }) => ({
    erased,
    unusable: unusable.map(({ kind }) => kind),
  }))

it('has what was erased since a moment, and is removed when no backup is as old', async () => {
  expect(await listedUntil(store)).toBeNull()
  const sealer = await loadSealer(store, keys)
  await storeErasures(store, sealer, 2_000, [{ id: 'b' }])
  await storeErasures(store, sealer, 1_000, [{ id: 'a' }])
  expect(await listedUntil(store)).toBe(2_000)
  expect(await read(0)).toEqual({ erased: [{ id: 'a' }, { id: 'b' }], unusable: [] })
  expect(await read(1_001)).toEqual({ erased: [{ id: 'b' }], unusable: [] })
  await removeErasures(store, new Date(1_001))
  expect((await read(0)).erased).toEqual([{ id: 'b' }])
})

it('is named where it can’t be used: damaged, forged, of another moment, of another key', async () => {
  const sealer = await loadSealer(store, keys)
  await storeErasures(store, sealer, 1_000, [{ id: 'a' }])
  const [{ key = '' } = {}] = await store.list('erasures/')
  const body = (await store.get(key)) ?? Buffer.alloc(0)
  const forgery = await loadSealer(store, { recipient: sealer.recipient, passphrase: null, identity: null })
  await storeErasures(store, forgery, 2_000, [{ id: 'of somebody else' }])
  await store.put(key.replace('/1000-', '/3000-'), body)
  expect(await read(0)).toEqual({ erased: [{ id: 'a' }], unusable: ['forged', 'forged'] })
  await writeFile(join(place, key), 'x')
  expect((await read(0)).unusable).toEqual(['damaged', 'forged', 'forged'])
  await writeFile(join(place, key), body)
  expect(await readErasures(store, [], new Date(0))).toMatchObject({
    erased: [],
    unusable: [{ kind: 'wrong_key' }, {}, {}],
  })
})
