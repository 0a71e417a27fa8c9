import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ObjectStore } from '../object-store/index.ts'
import { formatVersion, writeManifest } from './base-manifest.ts'
import { mergedRanges, readCatalogue, removeExpired } from './index.ts'
import { formatLsn, walFileName } from './lsn.ts'

const hourMs = 3_600_000
const firstMs = Date.parse('2027-01-01T00:00:00Z')
const walSegmentBytes = 16 * 1024 * 1024

function openMemory(): ObjectStore {
  const objects = new Map<string, Buffer>()
  return {
    name: 'memory',
    put: async (key, body) => void objects.set(key, Buffer.from(body)),
    async putIfAbsent(key, body) {
      if (objects.has(key)) return false
      objects.set(key, Buffer.from(body))
      return true
    },
    get: async (key) => objects.get(key) ?? null,
    list: async (prefix) =>
      [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { length: bytes }]) => ({ key, bytes }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    async remove(keys) {
      for (const key of keys) objects.delete(key)
    },
  }
}

const timeAfter = (hours: number) => new Date(firstMs + hours * hourMs).toISOString()

/** A copy that took a minute, after so many hours. Each day has one WAL file. @returns its id */
async function storeCopy(store: ObjectStore, archive: string | null, hours: number): Promise<string> {
  const startedAt = timeAfter(hours)
  const id = `${startedAt.replaceAll(/[-:]|\.\d+/g, '')}-${archive ?? '00000000'}`
  const lsn = BigInt(Math.floor(hours / 24) + 1) * BigInt(walSegmentBytes)
  const manifest = {
    format: formatVersion,
    id,
    release: '1.2.3',
    installation: '1',
    embedded: true,
    postgres: { version: '18.0', majorVersion: 18 },
    timeline: 1,
    walSegmentBytes,
    startLsn: formatLsn(lsn + 40n),
    endLsn: formatLsn(lsn + 400n),
    archive,
    startedAt,
    endedAt: timeAfter(hours + 1 / 60),
    recipient: 'age1',
    bytes: 1,
    parts: [],
  }
  await writeManifest(store, manifest, null)
  return id
}

/** What was archived from one hour to another: a file for each day. */
async function storeWal(store: ObjectStore, archive: string, from: number, until: number): Promise<void> {
  for (let day = Math.floor(from / 24); day * 24 < until; day += 1) {
    const file = walFileName(1, BigInt(day + 1) * BigInt(walSegmentBytes), walSegmentBytes)
    const untilMs = firstMs + Math.min(until, (day + 1) * 24) * hourMs
    await store.put(`wal/${archive}/${file}-${untilMs}-${'0'.repeat(64)}.age`, Buffer.from('x'))
  }
}

/** The moments since the horizon that can be restored, of each archive. */
async function restorable(store: ObjectStore, horizon: Date): Promise<[string | null, unknown][]> {
  const { backups } = await readCatalogue(store)
  const recent = backups.filter(({ until }) => until >= horizon)
  const byArchive = Map.groupBy(recent, ({ manifest }) => manifest.archive)
  const clipped = ({ from, until }: { from: Date; until: Date }) => ({ from: from < horizon ? horizon : from, until })
  const ranges = [...byArchive].map(([archive, ofIt]): [string | null, unknown] => [
    archive,
    mergedRanges(ofIt.map(clipped)),
  ])
  return ranges.sort(([a], [b]) => String(a).localeCompare(String(b)))
}

test('a copy without WAL does not make the daily copy before it expire', async () => {
  const store = openMemory()
  await storeWal(store, 'aaaaaaaa', 0, 90 * 24 + 12)
  const daily: string[] = []
  for (let day = 0; day <= 90; day += 1) daily.push(await storeCopy(store, 'aaaaaaaa', day * 24 + 2))
  // 1 March 10:00, while the server was stopped; it is 31 March 12:00 now.
  await storeCopy(store, null, 59 * 24 + 10)
  const now = new Date('2027-03-31T12:00:00Z')
  const horizon = new Date('2027-03-01T12:00:00Z')
  expect(await removeExpired(store, 30, now)).toEqual(daily.slice(0, 59))
  expect(await restorable(store, horizon)).toMatchObject([
    ['aaaaaaaa', [{ from: horizon, until: new Date(firstMs + (90 * 24 + 12) * hourMs) }]],
  ])
  expect((await store.list('wal/'))[0]?.key).toContain(walFileName(1, 60n * BigInt(walSegmentBytes), walSegmentBytes))
})

test('an archive that ended before the horizon expires, copies and WAL', async () => {
  const store = openMemory()
  await storeWal(store, 'aaaaaaaa', 0, 100)
  const former = await storeCopy(store, 'aaaaaaaa', 2)
  await storeWal(store, 'bbbbbbbb', 50, 2_000)
  await storeCopy(store, 'bbbbbbbb', 60)
  expect(await removeExpired(store, 30, new Date(timeAfter(2_000)))).toEqual([former])
  expect(await store.list('wal/aaaaaaaa/')).toEqual([])
})

const hours = fc.integer({ min: 0, max: 2_000 })
const anyArchive = fc.record({ from: hours, length: fc.integer({ min: 1, max: 2_000 }), copies: fc.array(hours) })

test('of copies of several archives and of none, every moment that is kept can be restored as before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyArchive, { maxLength: 3 }), fc.array(hours), async (archives, alone) => {
      const store = openMemory()
      for (const [index, { from, length, copies }] of archives.entries()) {
        const archive = String(index + 1).repeat(8)
        await storeWal(store, archive, from, from + length)
        for (const hour of copies) if (hour >= from && hour < from + length) await storeCopy(store, archive, hour)
      }
      for (const hour of alone) await storeCopy(store, null, hour)
      const horizon = new Date(timeAfter(1_300))
      const before = await restorable(store, horizon)
      await removeExpired(store, 30, new Date(horizon.getTime() + 30 * 24 * hourMs))
      expect(await restorable(store, horizon)).toEqual(before)
      // And no more than one copy of each archive is kept for the moments after the horizon.
      const old = (await readCatalogue(store)).backups.filter(({ from }) => from <= horizon)
      expect(old).toHaveLength(new Set(old.map(({ manifest }) => manifest.archive)).size)
      expect(await removeExpired(store, 30, new Date(horizon.getTime() + 30 * 24 * hourMs))).toEqual([])
    }),
  )
})
