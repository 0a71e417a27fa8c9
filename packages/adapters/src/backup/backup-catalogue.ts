import type { ObjectStore } from '../object-store/object-store.ts'
import { BackupError } from './backup-error.ts'
import type { ReadingKey } from './backup-keys.ts'
import { type BaseManifest, forgeryOf, listBases } from './base-manifest.ts'
import { parseLsn, walFileName } from './lsn.ts'
import { type ArchivedWal, isSignedWal, listWalObjects, walFiles, withoutGaps } from './wal-archive.ts'

/** A backup that can be restored to any moment from `from` to `until`. */
export type RestorableBackup = {
  id: string
  manifest: BaseManifest
  mac: string | null
  /** WAL files of its archive that continue the copy, without gaps. */
  wal: ArchivedWal[]
  /** The name of the WAL file that is missing after that, although later ones are stored. */
  gap: string | null
  from: Date
  until: Date
  /** Stored, without the WAL. */
  bytes: number
}

export type UnusableBackup = { id: string; error: BackupError }

export type BackupCatalogue = {
  backups: RestorableBackup[]
  unusable: UnusableBackup[]
  /** The archives of WAL, with the last moment that each has. */
  archived: { archive: string; until: Date }[]
}

/**
 * Every backup in a store, oldest first.
 *
 * @param keys the result of `loadReadingKeys`: what they don't decrypt, or what is not signed with them, is unusable;
 *   null: nothing of this is checked
 */
export async function readCatalogue(
  store: ObjectStore,
  keys: readonly ReadingKey[] | null = null,
): Promise<BackupCatalogue> {
  const catalogue = await readOnce(store, keys)
  // While it was listed, a full file may have replaced the beginning of it: then neither was in the list.
  return catalogue.backups.some(({ gap }) => gap !== null) ? readOnce(store, keys) : catalogue
}

async function readOnce(store: ObjectStore, keys: readonly ReadingKey[] | null): Promise<BackupCatalogue> {
  const bases = await listBases(store)
  const archives = Map.groupBy(await listWalObjects(store), ({ archive }) => archive)
  const catalogue: BackupCatalogue = { backups: [], unusable: [], archived: [] }
  for (const [archive, objects] of archives) {
    catalogue.archived.push({ archive, until: new Date(Math.max(...objects.map(({ untilMs }) => untilMs))) })
  }
  for (const base of bases) {
    if (base.kind === 'unusable') {
      catalogue.unusable.push({ id: base.id, error: base.error })
      continue
    }
    const { id, manifest, mac, bytes } = base
    const key = keys?.find(({ recipient }) => recipient === manifest.recipient)
    const authenticator = key?.authenticator ?? null
    const error = keys === null ? null : (unreadable(store, manifest, keys) ?? forgeryOf(base, authenticator))
    if (error !== null) {
      catalogue.unusable.push({ id, error })
      continue
    }
    const objects = manifest.archive === null ? [] : (archives.get(manifest.archive) ?? [])
    const { wal, missing: gap } = continuing(
      manifest,
      walFiles(objects.filter((one) => isSignedWal(one, authenticator))),
    )
    const from = new Date(manifest.endedAt)
    const until = new Date(Math.max(from.getTime(), ...wal.map(({ untilMs }) => untilMs)))
    catalogue.backups.push({ id, manifest, mac, wal, gap, from, until, bytes })
  }
  return catalogue
}

function unreadable(
  store: ObjectStore,
  { id, recipient }: BaseManifest,
  keys: readonly ReadingKey[],
): BackupError | null {
  const readable = keys.map((key) => key.recipient)
  if (readable.includes(recipient)) return null
  const found = readable.length === 0 ? `and ${store.name} has no key.age` : `and the key is that of ${readable}`
  return new BackupError('wrong_key', `The backup ${id} can’t be decrypted: it is for ${recipient}, ${found}.`)
}

/** The file in which the copy ends is in the copy too, perhaps with more than was archived of it. */
function continuing(manifest: BaseManifest, files: readonly ArchivedWal[]): ReturnType<typeof withoutGaps> {
  const { timeline, endLsn, walSegmentBytes, endedAt } = manifest
  const first = walFileName(timeline, parseLsn(endLsn) - 1n, walSegmentBytes)
  const [last] = files.filter(({ file }) => file === first)
  const isOlder = last?.partial === true && last.untilMs < new Date(endedAt).getTime()
  return withoutGaps(isOlder ? files.filter(({ file }) => file !== first) : files, first, walSegmentBytes)
}
