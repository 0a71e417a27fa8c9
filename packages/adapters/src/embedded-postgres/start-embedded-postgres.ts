import { messageOf } from '@holdfast/vocabulary'
import {
  type ClusterHome,
  checkDataDirectory,
  makeDataDirectory,
  prepareClusterHome,
  sharedDirectoryDefault,
} from './cluster-home.ts'
import { type LockDataDirectory, lockForServer } from './data-directory-lock.ts'
import { embeddedPostgresUrl } from './embedded-postgres-url.ts'
import { initialiseCluster } from './initialise-cluster.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { memoryBytes, postgresSettings } from './postgres-settings.ts'
import { type Postmaster, startPostmaster, stopLeftover } from './postmaster.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { makeSocketDirectory, removeSocketDirectory } from './socket-directory.ts'
import { stopOnParentExit } from './stop-on-parent-exit.ts'

export type StartEmbeddedPostgresOptions = {
  /** Created if needed. Only one Holdfast process may use it at a time. */
  dataDirectory: string
  /** Called if there is no database, before one is created. Nothing is created if it throws. */
  beforeCreating?: () => Promise<void>
  /** Receives messages for a person, such as where the data is stored or what was recovered. */
  log?: (message: string) => void
  /** Server settings that are added to Holdfast's, as `name: value`. */
  settings?: Record<string, string>
  /** Used when root's unprivileged account can't enter the data directory. Default `/var/lib/holdfast`. */
  sharedDirectory?: string
}

export type EmbeddedPostgres = {
  /**
   * `postgres://…` of the owner, a superuser of this server, over a Unix socket. It does not change when the server
   * process is restarted.
   */
  ownerUrl: string
  /** For example `18.4`. */
  version: string
  /** Terminates the sessions, waits until the server has ended and unlocks the data directory. Idempotent. */
  stop(mode?: 'fast' | 'smart'): Promise<void>
}

/** A server that crashes more often than this per minute is not restarted. */
const restartsPerMinuteMax = 5

/**
 * Starts a PostgreSQL server on a data directory, creating the database first if there is none. The server is
 * restarted if it crashes, and stopped if this process is killed. If that fails too, the next start stops it.
 *
 * @throws EmbeddedPostgresError see its kinds; `data_directory_in_use` when another Holdfast uses the directory
 */
export async function startEmbeddedPostgres(
  options: StartEmbeddedPostgresOptions,
  lockDataDirectory: LockDataDirectory = lockForServer,
): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined)
  const sharedDirectory = options.sharedDirectory ?? sharedDirectoryDefault
  const dataDirectory = await makeDataDirectory(options.dataDirectory)
  await checkDataDirectory(dataDirectory)
  const lock = await lockDataDirectory(dataDirectory, log)
  try {
    const clusterHome = await prepareClusterHome(dataDirectory, sharedDirectory, log)
    const binaries = await postgresBinaries(clusterHome.account, sharedDirectory, log)
    await clearLeftovers(clusterHome, log)
    const password = await initialiseCluster(clusterHome, binaries, options.beforeCreating)
    const socketDirectory = await makeSocketDirectory(clusterHome)
    const settings = { ...postgresSettings(socketDirectory, memoryBytes()), ...options.settings }
    const supervised = await supervise(clusterHome, binaries, settings, log)
    let stopped: Promise<void> | undefined
    const stopOnce = async (mode: 'fast' | 'smart') => {
      await supervised.stop(mode)
      await removeSocketDirectory(socketDirectory)
      await lock.release()
    }
    return {
      ownerUrl: embeddedPostgresUrl(socketDirectory, password),
      version: binaries.version,
      stop(mode = 'fast') {
        stopped ??= stopOnce(mode)
        return stopped
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function clearLeftovers(clusterHome: ClusterHome, log: (message: string) => void): Promise<void> {
  const before = await readPostmasterFile(clusterHome.clusterDirectory)
  await stopLeftover(clusterHome, log)
  if (before !== undefined) await removeSocketDirectory(before.socketDirectory)
}

/** Starts the server, and restarts it whenever it ends, until `stop` is called. */
async function supervise(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  settings: Record<string, string>,
  log: (message: string) => void,
): Promise<{ stop(mode: 'fast' | 'smart'): Promise<void> }> {
  let stopping = false
  const restartTimes: number[] = []

  const restart = async (how: string): Promise<Postmaster | undefined> => {
    const now = performance.now()
    while (restartTimes[0] !== undefined && restartTimes[0] < now - 60_000) restartTimes.shift()
    if (restartTimes.length >= restartsPerMinuteMax) {
      log(`PostgreSQL ended unexpectedly (${how}) more than ${restartsPerMinuteMax} times in a minute; giving up.`)
      return undefined
    }
    restartTimes.push(now)
    log(`PostgreSQL ended unexpectedly (${how}); restarting it.`)
    try {
      return watch(await startPostmaster(clusterHome, binaries, settings))
    } catch (error) {
      log(messageOf(error))
      return undefined
    }
  }

  const watch = (postmaster: Postmaster): Postmaster => {
    const cancelStop = stopOnParentExit(postmaster.pid, clusterHome.account)
    void postmaster.ended.then((how) => {
      cancelStop()
      if (!stopping) current = restart(how)
    })
    return postmaster
  }

  let current: Promise<Postmaster | undefined> = Promise.resolve(
    watch(await startPostmaster(clusterHome, binaries, settings)),
  )
  return {
    async stop(mode) {
      stopping = true
      const postmaster = await current
      await postmaster?.stop(mode)
    },
  }
}
