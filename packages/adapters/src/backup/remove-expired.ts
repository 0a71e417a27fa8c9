import type { ObjectStore } from '../object-store/object-store.ts'
import { type BaseManifest, listBases } from './base-manifest.ts'
import { removeErasures } from './erasure-list.ts'
import { parseLsn, walFileName } from './lsn.ts'
import { listWalObjects } from './wal-archive.ts'

const dayMs = 86_400_000

/**
 * Removes what is not needed to restore any moment of the last `days` days: copies older than the newest one before
 * that time, their WAL and lists of erasures, and what interrupted copies left behind a day ago. The newest copy always
 * stays.
 *
 * @returns the ids of the copies that were removed
 */
export async function removeExpired(store: ObjectStore, days: number, now: Date): Promise<string[]> {
  const bases = await listBases(store)
  const complete = bases.filter((base) => base.kind === 'complete')
  const horizonMs = now.getTime() - days * dayMs
  const before = complete.filter(({ manifest }) => new Date(manifest.endedAt).getTime() <= horizonMs)
  const oldestKept = before.at(-1) ?? complete[0]
  if (oldestKept === undefined) return []
  const expired = bases.filter((base) => (base.kind === 'complete' ? base.id < oldestKept.id : isAbandoned(base, now)))
  // The manifest goes first: a copy without one is not taken for a backup, if this is interrupted.
  for (const { keys } of expired) {
    const manifests = keys.filter((key) => key.endsWith('manifest.json'))
    await store.remove(manifests)
    await store.remove(keys.filter((key) => !manifests.includes(key)))
  }
  const kept = complete.filter((base) => !expired.includes(base)).map(({ manifest }) => manifest)
  await removeWal(store, kept, horizonMs)
  await removeErasures(store, new Date(oldestKept.manifest.startedAt))
  return expired.map(({ id }) => id)
}

/** A copy that another process is taking looks like one that was interrupted, and may have begun before `now`. */
function isAbandoned(base: { id: string; error: { kind: string } }, now: Date): boolean {
  const dayBefore = new Date(now.getTime() - dayMs).toISOString().replaceAll(/[-:]/g, '')
  return base.error.kind !== 'newer_release' && base.id < dayBefore
}

/** Removes WAL from before the first copy that needs its archive, and archives that no copy has needed for long. */
async function removeWal(store: ObjectStore, kept: readonly BaseManifest[], horizonMs: number): Promise<void> {
  const firstNeeded = new Map<string, string>()
  for (const { archive, timeline, startLsn, walSegmentBytes } of kept) {
    if (archive === null) continue
    const file = walFileName(timeline, parseLsn(startLsn), walSegmentBytes)
    const other = firstNeeded.get(archive)
    if (other === undefined || file < other) firstNeeded.set(archive, file)
  }
  const objects = await listWalObjects(store)
  const old = objects.filter(({ archive, file, untilMs }) => {
    const first = firstNeeded.get(archive)
    // An archive without a copy may be a new one, whose first copy is being taken.
    return first === undefined ? untilMs < horizonMs && untilMs > 0 : file < first
  })
  await store.remove(old.map(({ key }) => key))
}
