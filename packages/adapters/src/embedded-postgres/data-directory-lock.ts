import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** The process that has locked a data directory. For messages only: the kernel's lock decides. */
type Owner = { pid: number; since: string }

/** The exclusive right to run the database of one data directory. */
export type DataDirectoryLock = { release(): Promise<void> }

const SQLITE_BUSY = 5

/**
 * Locks the data directory for this process, or throws `data_directory_in_use` with the process that has locked it.
 *
 * A lock file with a process id has a race when a stale one is removed, and Node has no `flock`. SQLite takes a kernel
 * lock (fcntl) on its database file, which the kernel releases when the process ends, however it ends. So there are no
 * stale locks, even after kill -9 or when a process id is reused.
 */
export async function lockDataDirectory(dataDirectory: string): Promise<DataDirectoryLock> {
  const ownerPath = join(dataDirectory, 'owner.json')
  const database = openLock(join(dataDirectory, 'lock'))
  try {
    database.exec('PRAGMA journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw unusable(dataDirectory, error)
    const owner = await readOwner(ownerPath)
    throw new EmbeddedPostgresError('data_directory_in_use', inUseMessage(dataDirectory, owner))
  }
  const owner: Owner = { pid: process.pid, since: new Date().toISOString() }
  await writeFile(ownerPath, `${JSON.stringify(owner)}\n`, { mode: 0o600 })
  return {
    async release() {
      await rm(ownerPath, { force: true })
      database.close()
    },
  }
}

function openLock(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw unusable(path, error)
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function unusable(path: string, error: unknown): EmbeddedPostgresError {
  const reason = error instanceof Error ? error.message : String(error)
  return new EmbeddedPostgresError(
    'data_directory_unusable',
    `Can't lock the data directory: ${path}: ${reason}. ` +
      'Make it writable for this user, or set HOLDFAST_DATA to another directory.',
    { cause: error },
  )
}

function inUseMessage(dataDirectory: string, owner: Owner | undefined): string {
  const who = owner === undefined ? 'another Holdfast' : `another Holdfast (process ${owner.pid}, since ${owner.since})`
  return `The data directory ${dataDirectory} is in use by ${who}. Stop it, or set HOLDFAST_DATA to another directory.`
}

/** undefined while the owner is still writing the file. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('since' in owner)) return undefined
    return { pid: Number(owner.pid), since: String(owner.since) }
  } catch {
    return undefined
  }
}
