import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '@holdfast/vocabulary'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { pollUntil } from './poll-until.ts'

/** The process that has locked a data directory. Who has it is decided by the kernel's lock, not by this. */
type Owner = { pid: number; since: string; isTemporary: boolean }

/** The exclusive right to run the database of one data directory. */
export type DataDirectoryLock = { release(): Promise<void> }

/** One of the two functions below. */
export type LockDataDirectory = (dataDirectory: string, log: (message: string) => void) => Promise<DataDirectoryLock>

const SQLITE_BUSY = 5

/** How long a start waits for commands. `verify` of a large database can take longer: then the start fails. */
const waitLimitMs = 60_000

/**
 * Locks the data directory for as long as this process runs its server. If a command has locked it, such as `holdfast
 * verify` just before the start, waits up to a minute for the command to end.
 *
 * @throws EmbeddedPostgresError `data_directory_in_use` with the process that has locked it
 */
export async function lockForServer(dataDirectory: string, log: (message: string) => void): Promise<DataDirectoryLock> {
  let owner: Owner | undefined
  const lock = await pollUntil(async () => {
    const locked = await tryLock(dataDirectory, false)
    if (!('owner' in locked)) return locked
    if (owner === undefined && locked.owner?.isTemporary) {
      log(`Waiting for a command of Holdfast (process ${locked.owner.pid}) that uses the data directory.`)
    }
    // If there is no owner, another process is just about to write its name.
    owner = locked.owner ?? owner
    if (owner?.isTemporary === false) throw inUse(dataDirectory, owner)
    return undefined
  }, waitLimitMs)
  if (lock === undefined) throw inUse(dataDirectory, owner)
  return lock
}

/**
 * Locks the data directory for one command, or throws `data_directory_in_use` with the process that has locked it.
 *
 * A lock file with a process id has a race when a stale one is removed, and Node has no `flock`. SQLite takes a kernel
 * lock (fcntl) on its database file, which the kernel releases when the process ends, however it ends. So there are no
 * stale locks, even after kill -9 or when a process id is reused.
 */
export async function lockForCommand(dataDirectory: string): Promise<DataDirectoryLock> {
  const locked = await tryLock(dataDirectory, true)
  if ('owner' in locked) throw inUse(dataDirectory, locked.owner)
  return locked
}

async function tryLock(
  dataDirectory: string,
  isTemporary: boolean,
): Promise<DataDirectoryLock | { owner: Owner | undefined }> {
  const ownerPath = join(dataDirectory, 'owner.json')
  const database = openLock(join(dataDirectory, 'lock'))
  try {
    database.exec('PRAGMA journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw unusable(dataDirectory, error)
    return { owner: await readOwner(ownerPath) }
  }
  const owner: Owner = { pid: process.pid, since: new Date().toISOString(), isTemporary }
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
  const reason = messageOf(error)
  return new EmbeddedPostgresError(
    'data_directory_unusable',
    `Can't lock the data directory: ${path}: ${reason}. ` +
      'Make it writable for this user, or set HOLDFAST_DATA to another directory.',
    { cause: error },
  )
}

function inUse(dataDirectory: string, owner: Owner | undefined): EmbeddedPostgresError {
  const who = owner === undefined ? 'another Holdfast' : `another Holdfast (process ${owner.pid}, since ${owner.since})`
  return new EmbeddedPostgresError(
    'data_directory_in_use',
    `The data directory ${dataDirectory} is in use by ${who}. Stop it, or set HOLDFAST_DATA to another directory.`,
  )
}

/** undefined while the owner is still writing the file. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('since' in owner)) return undefined
    const isTemporary = 'isTemporary' in owner && owner.isTemporary === true
    return { pid: Number(owner.pid), since: String(owner.since), isTemporary }
  } catch {
    return undefined
  }
}
