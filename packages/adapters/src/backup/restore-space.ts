import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { RestorableBackup } from './backup-catalogue.ts'
import { BackupError } from './backup-error.ts'

/**
 * Refuses a restore for which the disk of a directory, which need not exist yet, has too little space: for the database
 * and the WAL that is replayed.
 *
 * @throws BackupError `no_space`
 */
export async function refuseWithoutSpace({ manifest, wal, id }: RestorableBackup, directory: string): Promise<void> {
  const neededBytes = manifest.bytes + wal.length * manifest.walSegmentBytes
  const freeBytes = await freeBytesFor(resolve(directory))
  if (neededBytes <= freeBytes) return
  throw new BackupError(
    'no_space',
    `There is no space for ${directory}: the backup ${id} needs ${megabytes(neededBytes)}, and ` +
      `${megabytes(freeBytes)} are free. Free some, or restore it to another disk.`,
  )
}

/** The free bytes of the nearest directory above that exists. */
async function freeBytesFor(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory)
    return bavail * bsize
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing || dirname(directory) === directory) throw error
    return freeBytesFor(dirname(directory))
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`
}
