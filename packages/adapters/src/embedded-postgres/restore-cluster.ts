import { randomBytes } from 'node:crypto'
import { chown, lchown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorCode } from '../error-code.ts'
import {
  type ClusterHome,
  findClusterHome,
  homeFileNames,
  makeDataDirectory,
  prepareClusterHome,
  sharedDirectoryDefault,
} from './cluster-home.ts'
import { lockForCommand } from './data-directory-lock.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { embeddedPostgresUrl } from './embedded-postgres-url.ts'
import { resetOwnerPassword, runProgram, syncDirectory } from './initialise-cluster.ts'
import { harmlessSettings, writeOwnConfiguration } from './own-configuration.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { memoryBytes, postgresSettings } from './postgres-settings.ts'
import { type Postmaster, startPostmaster } from './postmaster.ts'
import { restoringPrefix } from './restoring-prefix.ts'
import { makeSocketDirectory, removeSocketDirectory } from './socket-directory.ts'
import { stopOnParentExit } from './stop-on-parent-exit.ts'
import type { Account } from './unprivileged-account.ts'

export type RestoreClusterOptions<Result> = {
  /** A new or an empty directory. */
  dataDirectory: string
  /** For data that can't be in the data directory; see prepareClusterHome. */
  sharedDirectory?: string
  /** The PostgreSQL version of the backup. */
  majorVersion: number
  /** Writes the copy of the server into an empty directory. */
  fill(directory: string): Promise<void>
  /** Settings for the recovery, besides those of every start. */
  recoverySettings: Record<string, string>
  /** Runs with the recovered database, which nobody can start before this has ended. */
  complete(database: { ownerUrl: string }): Promise<Result>
  log?: (message: string) => void
  signal?: AbortSignal
}

/** The recovery replays all WAL since the copy. */
const recoveryMsMax = 24 * 3_600_000

/**
 * Restores a copy of a server into a new data directory, and replays its WAL. The database has its final name only when
 * everything is done, `complete` included: a directory whose restore was interrupted can't be started. Configuration
 * files of the copy are not used.
 *
 * @throws EmbeddedPostgresError `data_directory_not_empty`, `other_major_version`, `start_failed` and others; and
 *   whatever `fill` and `complete` throw. Then the directory is as it was.
 */
export async function restoreEmbeddedPostgres<Result>(options: RestoreClusterOptions<Result>): Promise<Result> {
  const { log = () => undefined, sharedDirectory = sharedDirectoryDefault } = options
  const isNew = (await entriesOf(options.dataDirectory)) === undefined
  await refuseUnlessEmpty(options.dataDirectory)
  const dataDirectory = await makeDataDirectory(options.dataDirectory)
  const lock = await lockForCommand(dataDirectory)
  let clusterHome: ClusterHome | undefined
  try {
    await refuseUnlessEmpty(dataDirectory)
    clusterHome = await prepareClusterHome(dataDirectory, sharedDirectory, log)
    const binaries = await postgresBinaries(clusterHome.account, sharedDirectory, log)
    if (binaries.majorVersion !== options.majorVersion) {
      throw new EmbeddedPostgresError(
        'other_major_version',
        `The backup is of PostgreSQL ${options.majorVersion}, and this Holdfast carries ${binaries.version}: restore ` +
          'it with the release that made it.',
      )
    }
    return await restoreInto(clusterHome, binaries, options)
  } catch (error) {
    if (isNew) {
      for (const path of [dataDirectory, clusterHome?.home]) {
        if (path !== undefined) await rm(path, { recursive: true, force: true })
      }
    }
    throw error
  } finally {
    await lock.release()
  }
}

async function restoreInto<Result>(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  { fill, recoverySettings, complete, signal }: RestoreClusterOptions<Result>,
): Promise<Result> {
  const { home, account, clusterDirectory } = clusterHome
  for (const name of await readdir(home)) {
    if (name.startsWith(restoringPrefix)) await rm(join(home, name), { recursive: true, force: true })
  }
  const draft = join(home, `${restoringPrefix}${randomBytes(4).toString('hex')}`)
  await mkdir(draft, { mode: 0o700 })
  try {
    await fill(draft)
    await writeOwnConfiguration(draft)
    await writeFile(join(draft, 'recovery.signal'), '', { flag: 'wx' })
    if (account !== undefined) await chownAll(draft, account)
    await runProgram(binaries.initdb, ['--sync-only', `--pgdata=${draft}`], '', account)
    const drafted = { ...clusterHome, clusterDirectory: draft }
    await recover(drafted, binaries, recoverySettings, signal)
    const result = await runRecovered(drafted, binaries, complete, signal)
    await rename(draft, clusterDirectory)
    await syncDirectory(home)
    return result
  } catch (error) {
    await rm(draft, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    throw error
  }
}

async function recover(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  recoverySettings: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const settings = { hot_standby: 'off', ...harmlessSettings, ...recoverySettings }
  const bounds = signal === undefined ? { limitMs: recoveryMsMax } : { limitMs: recoveryMsMax, signal }
  await withPostmaster(clusterHome, binaries, settings, bounds, async () => undefined)
  signal?.throwIfAborted()
}

async function runRecovered<Result>(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  complete: RestoreClusterOptions<Result>['complete'],
  signal: AbortSignal | undefined,
): Promise<Result> {
  // Not stored: the first start sets another one.
  const password = await resetOwnerPassword(clusterHome, binaries)
  const result = await withPostmaster(clusterHome, binaries, {}, undefined, async (postmaster, socketDirectory) => {
    // Ends the sessions of `complete`, which then fails.
    const stop = () => void postmaster.stop('fast').catch(() => undefined)
    signal?.addEventListener('abort', stop)
    try {
      signal?.throwIfAborted()
      return await complete({ ownerUrl: embeddedPostgresUrl(socketDirectory, password) })
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  })
  signal?.throwIfAborted()
  return result
}

async function withPostmaster<Result>(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  more: Record<string, string>,
  bounds: Parameters<typeof startPostmaster>[3],
  use: (postmaster: Postmaster, socketDirectory: string) => Promise<Result>,
): Promise<Result> {
  const socketDirectory = await makeSocketDirectory(clusterHome)
  const settings = { ...postgresSettings(socketDirectory, memoryBytes()), ...more }
  try {
    const postmaster = await startPostmaster(clusterHome, binaries, settings, bounds)
    const cancelStop = stopOnParentExit(postmaster.pid, clusterHome.account)
    try {
      return await use(postmaster, socketDirectory)
    } finally {
      await postmaster.stop('fast')
      cancelStop()
    }
  } finally {
    await removeSocketDirectory(socketDirectory)
  }
}

async function chownAll(path: string, account: Account): Promise<void> {
  await chown(path, account.uid, account.gid)
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), account.uid, account.gid)
  }
}

/** What an interrupted restore leaves, besides its draft. */
const ownFileNames = new Set(['lock', 'owner.json', 'socket', 'postgres.log', ...homeFileNames])

/**
 * What an interrupted restore has left counts as nothing.
 *
 * @throws EmbeddedPostgresError `data_directory_not_empty`; `data_missing`, `not_permitted`
 */
export async function refuseUnlessEmpty(dataDirectory: string): Promise<void> {
  const names = (await entriesOf(dataDirectory)) ?? []
  const elsewhere = names.length > 0 ? await findClusterHome(resolve(dataDirectory)) : undefined
  const more = elsewhere === undefined ? [] : ((await entriesOf(elsewhere.home)) ?? [])
  const found = [...names, ...more].find((name) => !ownFileNames.has(name) && !name.startsWith(restoringPrefix))
  if (found === undefined) return
  throw new EmbeddedPostgresError(
    'data_directory_not_empty',
    `${dataDirectory} is not empty: it has ${found}. Nothing was changed. Restore into a new directory.`,
  )
}

async function entriesOf(directory: string): Promise<string[] | undefined> {
  return readdir(directory).catch((error: unknown) => {
    const code = errorCode(error)
    if (code === 'ENOENT') return undefined
    if (code !== 'EACCES') throw error
    throw new EmbeddedPostgresError(
      'not_permitted',
      `This user can't open the directory ${directory}. Choose another one, such as /var/lib/holdfast/restored: the ` +
        'command of an installed Holdfast runs as the user holdfast.',
      { cause: error },
    )
  })
}
