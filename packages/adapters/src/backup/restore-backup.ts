import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { extract } from 'tar'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { BackupCatalogue, RestorableBackup } from './backup-catalogue.ts'
import { BackupError } from './backup-error.ts'
import type { Opener } from './backup-keys.ts'
import { forgeryOf } from './base-manifest.ts'
import { readChecked, readCheckedWal, readWal } from './wal-archive.ts'

export type RestoreChoice = {
  /** The moment to restore; null: the latest. */
  to: Date | null
  /** One backup; null: the newest that has the moment. */
  id: string | null
  /** This release of Holdfast. */
  release: string
}

/**
 * The backup to restore.
 *
 * @throws BackupError `no_backup`, `outside_range`, `newer_release`, and the reason why the only one is unusable
 */
export function chooseBackup(place: string, catalogue: BackupCatalogue, choice: RestoreChoice): RestorableBackup {
  const { backups, unusable } = catalogue
  const named = choice.id === null ? backups : backups.filter(({ id }) => id === choice.id)
  const broken = unusable.filter(({ id }) => choice.id === null || id === choice.id)
  if (named.length === 0) {
    const newest = broken.at(-1)
    if (newest !== undefined) throw newest.error
    const which = choice.id === null ? 'no backup' : `no backup ${choice.id}`
    throw new BackupError('no_backup', `There is ${which} in ${place}.`)
  }
  const { to } = choice
  const fitting = to === null ? named : named.filter(({ from, until }) => from <= to && to <= until)
  const chosen = fitting.at(-1)
  if (chosen === undefined) throw outsideRange(named, to)
  if (isNewer(chosen.manifest.release, choice.release)) {
    throw new BackupError(
      'newer_release',
      `The backup ${chosen.id} was made by Holdfast ${chosen.manifest.release}, and this is ${choice.release}: ` +
        'restore it with that release.',
    )
  }
  return chosen
}

function outsideRange(backups: readonly RestorableBackup[], to: Date | null): BackupError {
  const ranges = mergedRanges(backups).map(({ from, until }) =>
    from.getTime() === until.getTime()
      ? `${from.toISOString()} (leave out the time to restore it)`
      : `${from.toISOString()} to ${until.toISOString()}`,
  )
  return new BackupError(
    'outside_range',
    `${to?.toISOString()} can’t be restored. The backups have ${ranges.join(', and ')}.`,
  )
}

/** The moments that can be restored. */
export function mergedRanges(backups: readonly { from: Date; until: Date }[]): { from: Date; until: Date }[] {
  const merged: { from: Date; until: Date }[] = []
  for (const { from, until } of backups.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    const last = merged.at(-1)
    if (last === undefined || from > last.until) merged.push({ from, until })
    else if (until > last.until) last.until = until
  }
  return merged
}

function isNewer(release: string, than: string): boolean {
  return release.localeCompare(than, 'en', { numeric: true }) > 0
}

/**
 * Reads everything that a restore needs, and checks it.
 *
 * @throws BackupError `incomplete`, `damaged`, `forged`
 */
export async function checkBackup(
  store: ObjectStore,
  opener: Opener,
  backup: RestorableBackup,
  signal?: AbortSignal,
): Promise<void> {
  const forgery = forgeryOf(backup, opener.authenticator)
  if (forgery !== null) throw forgery
  for (const part of backup.manifest.parts) {
    signal?.throwIfAborted()
    await readChecked(store, part)
  }
  for (const wal of backup.wal) {
    signal?.throwIfAborted()
    await readCheckedWal(store, opener, wal)
  }
}

/** A link in a forged copy could lead what is written later out of the directory. */
const knownTypes = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory'])

/**
 * Writes the copy and its WAL into an empty directory, as PostgreSQL's data directory.
 *
 * @throws BackupError `incomplete`, `damaged`
 */
export async function unpackBackup(
  store: ObjectStore,
  opener: Opener,
  backup: RestorableBackup,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  const { manifest, wal } = backup
  async function* parts() {
    for (const part of manifest.parts) {
      signal?.throwIfAborted()
      yield opener.open(await readChecked(store, part))
    }
  }
  const options = signal === undefined ? {} : { signal }
  // The account that unpacks it owns the files, whoever owned them where they were copied.
  const refused: string[] = []
  const filter = (path: string, entry: object) => {
    const isKnown = 'type' in entry && knownTypes.has(String(entry.type))
    if (!isKnown) refused.push(path)
    return isKnown
  }
  const untar = extract({ cwd: directory, preserveOwner: false, strict: true, filter })
  await pipeline(Readable.from(parts()), createZstdDecompress(), untar, options)
  if (refused.length > 0) {
    throw new BackupError(
      'damaged',
      `The backup ${manifest.id} has ${refused[0]}, which is neither file nor directory.`,
    )
  }
  await chmod(directory, 0o700)
  await mkdir(join(directory, 'pg_wal', 'archive_status'), { recursive: true, mode: 0o700 })
  for (const file of wal) {
    signal?.throwIfAborted()
    const content = await readWal(store, opener, file, manifest.walSegmentBytes)
    await writeFile(join(directory, 'pg_wal', file.file), content, { mode: 0o600 })
  }
}

/**
 * PostgreSQL's settings for the recovery. There is nothing to fetch, because all WAL is in the data directory; the
 * recovery of an archive needs a command nevertheless.
 */
export function recoverySettings(to: Date | null): Record<string, string> {
  return {
    restore_command: 'false',
    recovery_target_timeline: 'current',
    ...(to === null ? {} : { recovery_target_time: postgresTime(to), recovery_target_action: 'promote' }),
  }
}

/** PostgreSQL accepts no `Z` there. */
function postgresTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '+00')
}
