// Drill: backups and restores
import { renameSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openDirectory, scratchDirectory, startContinuously } from '../../test/backed-up-cluster.ts'
import { clusterOfFile } from '../../test/cluster-of-file.ts'
import type { ObjectStore } from '../object-store/index.ts'
import { readCatalogue } from './index.ts'

const cluster = await clusterOfFile()
let place: string
let store: ObjectStore

beforeEach(async () => {
  const scratch = await scratchDirectory()
  place = join(scratch.path, 'backups')
  store = openDirectory(place)
  onTestFinished(scratch.remove)
})

async function writeSegments(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await cluster.write()
    await cluster.ownerPool.query('select pg_switch_wal()')
  }
}

/** Backs up, saves the data directory, and backs up what is written then: a history that is given up. */
async function backUpAndSetBack(abandonedSegments: number): Promise<void> {
  const before = await startContinuously(cluster, store)
  await before.copied()
  await before.flushed()
  await before.stop()
  await cluster.stop()
  await cluster.save()
  await cluster.start()
  const abandoned = await startContinuously(cluster, store)
  await writeSegments(abandonedSegments)
  await abandoned.flushed()
  await abandoned.stop()
  await cluster.stop()
  await cluster.restore()
  await cluster.start()
}

async function backUpAgain() {
  const backups = await startContinuously(cluster, store)
  await backups.copied()
  const moment = Date.now()
  await backups.flushed(moment)
  await backups.stop()
  const newest = (await readCatalogue(store)).backups.at(-1)
  return { events: backups.events, newest, moment }
}

describe('a database that was set back to an earlier state', () => {
  it('gets a new archive when more was archived than it has', async () => {
    await backUpAndSetBack(2)
    const { events, newest, moment } = await backUpAgain()
    expect(events.filter(({ kind }) => kind === 'other_history')).toHaveLength(1)
    expect(newest?.until.getTime()).toBeGreaterThanOrEqual(moment)
    const { backups } = await readCatalogue(store)
    expect(new Set(backups.map(({ manifest }) => manifest.archive)).size).toBe(2)
  })

  it('gets a new archive when it has written more since then than was archived', async () => {
    await backUpAndSetBack(1)
    await writeSegments(3)
    const { events, newest, moment } = await backUpAgain()
    expect(events.filter(({ kind }) => kind === 'other_history')).toHaveLength(1)
    expect(newest?.until.getTime()).toBeGreaterThanOrEqual(moment)
  })

  it('gets a new archive also when an earlier release has archived what it does not have', async () => {
    await backUpAndSetBack(2)
    await store.remove((await store.list('wal/')).map(({ key }) => key).filter((key) => key.endsWith('position.json')))
    const { events } = await backUpAgain()
    expect(events.filter(({ kind }) => kind === 'other_history')).toHaveLength(1)
  })

  it('is noticed while it is backed up, as after a snapshot of the machine', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    const [position] = (await store.list('wal/')).filter(({ key }) => key.endsWith('position.json'))
    // A flush that has just read the position writes its own over this one.
    const failed = () => backups.events.find(({ kind }) => kind === 'failed')
    while (failed() === undefined) {
      await store.put(position?.key ?? '', Buffer.from('{"lsn":"FF/0","sha256":"00"}\n'))
      const { length } = backups.events
      await backups.until(() => backups.events.length > length)
    }
    expect(failed()).toMatchObject({ what: 'archive', error: { kind: 'other_history' } })
    await backups.stop()
  })
})

/** Another disk, mounted over the place: empty, or with what was there before. */
function mount(disk: string | null): string {
  const hidden = `${place}.hidden`
  renameSync(place, hidden)
  if (disk !== null) renameSync(disk, place)
  return hidden
}

describe('a disk that is mounted at the place while backups go on', () => {
  it('gets a new archive and a new copy, if it is empty', async () => {
    const backups = await startContinuously(cluster, store)
    await backups.copied()
    // Between two flushes: what one stores in the empty place would be WAL without a key.
    await backups.flushed()
    mount(null)
    await backups.until(() => backups.events.filter(({ kind }) => kind === 'copied').length === 2)
    const moment = Date.now()
    await backups.flushed(moment)
    await backups.stop()
    const [backup, ...others] = (await readCatalogue(store)).backups
    expect([others, backup?.gap]).toEqual([[], null])
    expect(backup?.until.getTime()).toBeGreaterThanOrEqual(moment)
  })

  it('gets a new archive and a new copy, if the archive is there up to an earlier moment', async () => {
    const first = await startContinuously(cluster, store)
    await first.copied()
    await first.stop()
    await cp(place, `${place}.disk`, { recursive: true })
    const hidden = await startContinuously(cluster, store)
    await writeSegments(3)
    await hidden.flushed()
    await hidden.stop()
    mount(`${place}.disk`)
    const { newest, moment } = await backUpAgain()
    expect(newest?.until.getTime()).toBeGreaterThanOrEqual(moment)
    expect((await readCatalogue(store)).backups.map(({ gap }) => gap)).toEqual([null, null])
  })
})

it('a database that was only stopped goes on in its archive', async () => {
  const first = await startContinuously(cluster, store)
  await first.copied()
  await writeSegments(2)
  await first.flushed()
  await first.stop()
  await cluster.stop()
  await cluster.start()
  await writeSegments(2)
  const backups = await startContinuously(cluster, store)
  const moment = Date.now()
  await backups.flushed(moment)
  await backups.stop()
  expect(new Set(backups.events.map(({ kind }) => kind))).toEqual(new Set(['opened', 'flushed']))
  const newest = (await readCatalogue(store)).backups.at(-1)
  expect(newest?.until.getTime()).toBeGreaterThanOrEqual(moment)
})
