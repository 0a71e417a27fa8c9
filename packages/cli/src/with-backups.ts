import { BackupError } from '@holdfast/adapters/backup'
import { EmbeddedPostgresError } from '@holdfast/adapters/embedded-postgres'
import { type ObjectStore, ObjectStoreError } from '@holdfast/adapters/object-store'
import { openBackups } from '@holdfast/server/backups'
import type { Config } from '@holdfast/server/config'
import { CommandRefusal } from './command.ts'

/** Runs `use` with the place of backups: that of the option, else HOLDFAST_BACKUP_TO. */
export async function withBackups<Result>(
  place: string | undefined,
  option: '--to' | '--from',
  config: Config,
  use: (store: ObjectStore) => Promise<Result>,
): Promise<Result> {
  const chosen = place ?? config.backupTo
  if (chosen === null) throw new CommandRefusal(`expected ${option}, or HOLDFAST_BACKUP_TO`, 2)
  try {
    return await use(openBackups(chosen, config))
  } catch (error) {
    if (isRefusal(error)) throw new CommandRefusal(error.message)
    throw error
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof BackupError || error instanceof ObjectStoreError || error instanceof EmbeddedPostgresError
}

/** `3.6 MB` */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toLocaleString('en', { maximumFractionDigits: 1 })} MB`
}
