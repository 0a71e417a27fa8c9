// Drill: backups and restores
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from '@holdfast/testkit'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  keys,
  openDirectory,
  readWritten,
  release,
  restoredNumbers,
  scratchDirectory,
  startContinuously,
} from '../../test/backed-up-cluster.ts'
import { clusterOfFile } from '../../test/cluster-of-file.ts'
import { restoreEmbeddedPostgres, withEmbeddedPostgres } from '../embedded-postgres/index.ts'
import type { ObjectStore } from '../object-store/index.ts'
import { chooseBackup, loadOpener, readCatalogue, recoverySettings, unpackBackup } from './index.ts'

const cluster = await clusterOfFile()
let directory: string
let store: ObjectStore

beforeEach(async () => {
  const scratch = await scratchDirectory()
  directory = scratch.path
  store = openDirectory(join(directory, 'backups'))
  onTestFinished(scratch.remove)
})

/** Restores, and returns the numbers in the table. */
const restore = (to: Date | null, dataDirectory = join(directory, 'restored')) =>
  restoredNumbers(store, to, dataDirectory)

describe('one copy', () => {
  it('is restored as the database was at its end, in many parts', async () => {
    const { no } = await cluster.write()
    const manifest = await cluster.copy(store, { partBytes: 500_000 })
    expect(manifest.parts.length).toBeGreaterThan(3)
    const later = await cluster.write()
    const restored = await restore(null)
    expect(restored).toContain(no)
    expect(restored).not.toContain(later.no)
  })

  it.for(['of its data', 'of its checkpoint'])('ends at the signal in the middle %s and leaves none', async (where) => {
    const stop = new AbortController()
    const slow = where === 'of its data' ? { megabytesPerSecond: 1 } : ({ checkpoint: 'spread' } as const)
    // A spread checkpoint takes as long as there is to write.
    await cluster.ownerPool.query('create table filling as select generate_series(1, 300000) as no')
    onTestFinished(async () => void (await cluster.ownerPool.query('drop table filling')))
    const copy = cluster.copy(store, { ...slow, signal: stop.signal })
    const phase = where === 'of its data' ? 'streaming database files' : 'waiting for checkpoint to finish'
    await until(async () => {
      const { rows } = await cluster.ownerPool.query('select from pg_stat_progress_basebackup where phase = $1', [
        phase,
      ])
      return rows.length > 0
    }, `a copy that is ${phase}`)
    const abortedAt = performance.now()
    stop.abort()
    await expect(copy).rejects.toThrow('aborted')
    // Its data alone take three quarters of a minute.
    expect(performance.now() - abortedAt).toBeLessThan(40_000)
    expect(await store.list('base/')).toEqual([])
  })

  it('is not readable without the key', async () => {
    await cluster.ownerPool.query(`create table secret as select 'Ada Lovelace' as patient`)
    onTestFinished(async () => void (await cluster.ownerPool.query('drop table secret')))
    await cluster.copy(store)
    for (const { key } of await store.list('')) expect((await store.get(key))?.includes('Lovelace')).toBe(false)
  })
})

describe('continuous backups', () => {
  it('restore what was acknowledged before a moment, and nothing that began after it', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    const before = []
    for (let count = 0; count < 20; count += 1) before.push(await cluster.write())
    const moment = new Date(Date.now() + 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
    const after = [await cluster.write(), await cluster.write()]
    await backups.flushed()
    await backups.stop()
    const restored = new Set(await restore(moment))
    expect(before.filter(({ no }) => !restored.has(no))).toEqual([])
    expect(after.filter(({ no }) => restored.has(no))).toEqual([])
    expect(await restore(null, join(directory, 'latest'))).toContain(after[1]?.no)
  })

  it('archive many segments, and continue after they were stopped', async () => {
    const first = await startContinuously(cluster, store)
    await first.copied()
    const segments = async (count: number) => {
      for (let done = 0; done < count; done += 1) {
        await cluster.write()
        await cluster.ownerPool.query('select pg_switch_wal()')
      }
    }
    await segments(2)
    const moment = new Date()
    const [until] = (await readWritten(cluster.ownerUrl)).slice(-1)
    await first.flushed()
    await segments(2)
    await first.stop()
    await segments(3)
    const second = await startContinuously(cluster, store)
    const last = await cluster.write()
    await second.flushed()
    await second.stop()
    expect(second.events.some(({ kind }) => kind === 'copied')).toBe(false)
    const restored = await restore(null)
    expect(restored).toEqual(await readWritten(cluster.ownerUrl))
    expect(restored).toContain(last.no)
    // Later WAL is not needed.
    const { backups } = await readCatalogue(store)
    const late = backups.at(-1)?.wal.slice(-2) ?? []
    for (const { key } of late) await store.put(key, Buffer.from('damaged'))
    const earlier = await restore(moment, join(directory, 'earlier'))
    expect([earlier.at(-1), earlier.length < restored.length]).toEqual([until, true])
  })

  it('archive what was written before they were stopped, also while they were storing something', async () => {
    const [storing, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isSlow = false
    const slow: ObjectStore = {
      ...store,
      async put(key, body) {
        if (isSlow && key.endsWith('.age') && key.startsWith('wal/')) {
          storing.resolve()
          await goOn.promise
        }
        await store.put(key, body)
      },
    }
    const backups = await startContinuously(cluster, slow)
    await backups.copied()
    isSlow = true
    await storing.promise
    const last = await cluster.write()
    const stopped = backups.stop()
    goOn.resolve()
    await stopped
    expect((await restore(null)).at(-1)).toBe(last.no)
  })

  it('of a second process wait while those of the first work', async () => {
    const first = await startContinuously(cluster, store)
    await first.flushed()
    const second = await startContinuously(cluster, store)
    await second.until(({ kind }) => kind === 'waiting')
    expect(new Set(second.events.map(({ kind }) => kind))).toEqual(new Set(['opened', 'waiting']))
    await Promise.all([first.stop(), second.stop()])
  })

  it('store the WAL as often as they should, however long it takes to store it', async () => {
    const slow: ObjectStore = {
      ...store,
      async put(key, body) {
        if (key.endsWith('.age') && key.startsWith('wal/')) await delay(1_000)
        await store.put(key, body)
      },
    }
    const backups = await startContinuously(cluster, slow, 1)
    const flushed = () => backups.events.flatMap((event) => (event.kind === 'flushed' ? [event.untilMs] : []))
    await backups.until(() => flushed().length === 5)
    const moments = flushed()
    await backups.stop()
    const intervals = moments.slice(1).map((untilMs, index) => untilMs - (moments[index] ?? 0))
    // With a second of waiting after each it would be 2,000 or more. At least one is not slowed down by other work.
    expect(Math.min(...intervals)).toBeLessThan(1_900)
  })

  it('take a copy that failed again, soon', async () => {
    let failures = 2
    const failing: ObjectStore = {
      ...store,
      put(key, body) {
        if (!key.startsWith('base/') || failures === 0) return store.put(key, body)
        failures -= 1
        return Promise.reject(new Error('no connection to the store'))
      },
    }
    const backups = await startContinuously(cluster, failing)
    await backups.copied()
    await backups.stop()
    const copies = backups.events.filter((event) => event.kind === 'copied' || event.kind === 'failed')
    expect(copies).toMatchObject([{ what: 'copy' }, { what: 'copy' }, { kind: 'copied' }])
    expect(await restore(null)).toEqual(await readWritten(cluster.ownerUrl))
  })

  it('begin another archive on a restored copy, and both can be restored', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    await backups.flushed()
    await backups.stop()
    const dataDirectory = join(directory, 'restored')
    await restore(null)
    await withEmbeddedPostgres({ dataDirectory }, async ({ ownerUrl }) => {
      const copy = await startContinuously({ ...cluster, ownerUrl }, store)
      await copy.copied()
      await copy.stop()
    })
    const { backups: found } = await readCatalogue(store)
    expect(new Set(found.map(({ manifest }) => manifest.archive)).size).toBe(2)
    expect(await restore(null, join(directory, 'again'))).toEqual(await readWritten(cluster.ownerUrl))
  })

  it('do not make a server that stops wait for them', async () => {
    const backups = await startContinuously(cluster, store, 3600)
    await backups.copied()
    await cluster.write()
    const beganAt = performance.now()
    await cluster.stop()
    // PostgreSQL gives up after 60 s.
    expect(performance.now() - beganAt).toBeLessThan(60_000)
    await cluster.start()
    await backups.stop()
  })
})

describe('an interrupted restore', () => {
  it('leaves nothing that could be started as an empty database', async () => {
    await cluster.copy(store)
    const dataDirectory = join(directory, 'interrupted')
    await mkdir(join(dataDirectory, 'postgres.restoring-0000'), { recursive: true })
    await expect(withEmbeddedPostgres({ dataDirectory }, async () => undefined)).rejects.toThrow(/was interrupted/)
    expect(await restore(null, dataDirectory)).toEqual(await readWritten(cluster.ownerUrl))
    expect((await readdir(dataDirectory)).filter((name) => name.startsWith('postgres.restoring'))).toEqual([])
  })

  it('leaves nothing that could be started before what completes it has ended, or if that fails', async () => {
    await cluster.copy(store)
    const backup = chooseBackup(store.name, await readCatalogue(store), { to: null, id: null, release })
    const opener = await loadOpener(store, keys, backup.manifest.recipient)
    const dataDirectory = join(directory, 'incomplete')
    const names: string[] = []
    const restoring = restoreEmbeddedPostgres({
      dataDirectory,
      majorVersion: 18,
      recoverySettings: recoverySettings(backup, null),
      fill: (draft) => unpackBackup(store, opener, backup, draft),
      async complete({ ownerUrl }) {
        expect(await readWritten(ownerUrl)).toEqual(await readWritten(cluster.ownerUrl))
        names.push(...(await readdir(dataDirectory)))
        throw new Error('not complete')
      },
    })
    await expect(restoring).rejects.toThrow('not complete')
    expect(names).toContainEqual(expect.stringMatching(/^postgres\.restoring-/))
    expect(names).not.toContain('postgres')
    expect(await readdir(directory)).toEqual(['backups'])
  })

  it('is repeated where the database is stored outside its data directory', async () => {
    await cluster.copy(store)
    const [dataDirectory, home] = [join(directory, 'pointing'), join(directory, 'elsewhere')]
    await mkdir(join(home, 'postgres.restoring-0000'), { recursive: true })
    await writeFile(join(home, 'belongs-to'), dataDirectory)
    await mkdir(dataDirectory)
    await writeFile(join(dataDirectory, 'database-location'), home)
    await expect(withEmbeddedPostgres({ dataDirectory }, async () => undefined)).rejects.toThrow(/was interrupted/)
    expect(await restore(null, dataDirectory)).toEqual(await readWritten(cluster.ownerUrl))
    await expect(restore(null, dataDirectory)).rejects.toThrow(/is not empty/)
  })

  it('does not touch a directory that has something in it', async () => {
    await cluster.copy(store)
    const dataDirectory = join(directory, 'old')
    await mkdir(dataDirectory)
    await writeFile(join(dataDirectory, 'owner-password'), 'old')
    await expect(restore(null, dataDirectory)).rejects.toThrow(/is not empty: it has owner-password/)
    expect(await readdir(dataDirectory)).toEqual(['owner-password'])
  })

  it('removes the new directory when it fails', async () => {
    const { parts } = await cluster.copy(store)
    const catalogue = await readCatalogue(store)
    const backup = chooseBackup(store.name, catalogue, { to: null, id: null, release })
    const opener = await loadOpener(store, keys, backup.manifest.recipient)
    const dataDirectory = join(directory, 'new')
    const restoring = restoreEmbeddedPostgres({
      dataDirectory,
      majorVersion: 18,
      recoverySettings: recoverySettings(backup, null),
      async fill(draft) {
        await unpackBackup(store, opener, backup, draft)
        throw new Error(`after ${parts.length} parts`)
      },
      complete: async () => undefined,
    })
    await expect(restoring).rejects.toThrow(/after/)
    expect(await readdir(directory)).toEqual(['backups'])
  })
})
