import type { ObjectStore } from '../object-store/object-store.ts'
import { type BaseManifest, listBases, type StoredBase } from './base-manifest.ts'
import { removeErasures } from './erasure-list.ts'
import { parseLsn, walFileName } from './lsn.ts'
import { listWalObjects, type StoredWal } from './wal-archive.ts'

const dayMs = 86_400_000

type CompleteBase = Extract<StoredBase, { kind: 'complete' }>

/**
 * Removes the backups that are not needed to restore any moment of the last `days` days. A copy is needed if it was
 * taken in that time, or if it is the newest earlier copy of its archive; WAL and lists of erasures are needed as long
 * as a copy needs them. Files of an interrupted copy are removed after a day. The newest copy is never removed.
 *
 * @returns the ids of the copies that were removed
 */
export async function removeExpired(store: ObjectStore, days: number, now: Date): Promise<string[]> {
  const bases = await listBases(store)
  const wal = await listWalObjects(store)
  const horizonMs = now.getTime() - days * dayMs
  const complete = bases.filter((base) => base.kind === 'complete')
  const kept = neededCopies(complete, wal, horizonMs)
  if (kept.length === 0) return []
  const expired = bases.filter((base) => (base.kind === 'complete' ? !kept.includes(base) : isAbandoned(base, now)))
  // The manifest is removed first. If the removal is interrupted, a copy without a manifest is not listed as a backup.
  for (const { keys } of expired) {
    const manifests = keys.filter((key) => key.endsWith('manifest.json'))
    await store.remove(manifests)
    await store.remove(keys.filter((key) => !manifests.includes(key)))
  }
  const manifests = kept.map(({ manifest }) => manifest)
  await removeWal(store, wal, manifests, horizonMs)
  await removeErasures(store, new Date(Math.min(...manifests.map(({ startedAt }) => new Date(startedAt).getTime()))))
  return expired.map(({ id }) => id)
}

/**
 * Returns all copies that ended after the horizon, the last earlier copy of each archive that has WAL from after the
 * horizon, and the last earlier copy of any archive. WAL can only be replayed on a copy of the same archive, so a copy
 * does not replace that of another archive.
 */
function neededCopies(complete: CompleteBase[], wal: readonly StoredWal[], horizonMs: number): CompleteBase[] {
  const isBefore = ({ manifest }: CompleteBase) => new Date(manifest.endedAt).getTime() <= horizonMs
  const before = complete.filter(isBefore)
  const archives = new Set(wal.filter(({ untilMs }) => untilMs >= horizonMs).map(({ archive }) => archive))
  const needed = new Set(
    [...archives].map((archive) => before.findLast(({ manifest }) => manifest.archive === archive)),
  )
  needed.add(before.at(-1))
  return complete.filter((base) => !isBefore(base) || needed.has(base))
}

/** A copy that another process is taking looks like one that was interrupted, and may have begun before `now`. */
function isAbandoned(base: { id: string; error: { kind: string } }, now: Date): boolean {
  const dayBefore = new Date(now.getTime() - dayMs).toISOString().replaceAll(/[-:]/g, '')
  return base.error.kind !== 'newer_release' && base.id < dayBefore
}

/** Removes WAL from before the first copy that needs its archive, and archives that no copy has needed for long. */
async function removeWal(
  store: ObjectStore,
  wal: readonly StoredWal[],
  kept: readonly BaseManifest[],
  horizonMs: number,
): Promise<void> {
  const firstNeeded = new Map<string, string>()
  for (const { archive, timeline, startLsn, walSegmentBytes } of kept) {
    if (archive === null) continue
    const file = walFileName(timeline, parseLsn(startLsn), walSegmentBytes)
    const other = firstNeeded.get(archive)
    if (other === undefined || file < other) firstNeeded.set(archive, file)
  }
  const old = wal.filter(({ archive, file, untilMs }) => {
    const first = firstNeeded.get(archive)
    // An archive without a copy may be a new one, whose first copy is being taken.
    return first === undefined ? untilMs < horizonMs && untilMs > 0 : file < first
  })
  await store.remove(old.map(({ key }) => key))
}
