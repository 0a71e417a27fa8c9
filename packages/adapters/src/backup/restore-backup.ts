import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { extract } from 'tar'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { RestorableBackup } from './backup-catalogue.ts'
import { BackupError } from './backup-error.ts'
import type { Opener } from './backup-keys.ts'
import { forgeryOf } from './base-manifest.ts'
import { readChecked, readCheckedWal, readWal } from './wal-archive.ts'

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

/** No links: through one in a forged copy, files could be written outside the directory. */
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
  // The account that unpacks it owns the files, no matter who owned them where they were copied.
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
export function recoverySettings({ wal }: RestorableBackup, to: Date | null): Record<string, string> {
  const fixed = { restore_command: 'false', recovery_target_timeline: 'current' }
  // Nothing was committed after this moment. With a target time, PostgreSQL would look for a later commit and fail.
  const isEnd = to === null || !wal.some(({ untilMs }) => untilMs >= to.getTime())
  return isEnd ? fixed : { ...fixed, recovery_target_time: postgresTime(to), recovery_target_action: 'promote' }
}

/** PostgreSQL accepts no `Z` there. */
function postgresTime(time: Date): string {
  return time.toISOString().replace('T', ' ').replace('Z', '+00')
}
