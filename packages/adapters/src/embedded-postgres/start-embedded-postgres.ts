import { type ClusterHome, makeDataDirectory, prepareClusterHome, sharedDirectoryDefault } from './cluster-home.ts'
import { lockDataDirectory } from './data-directory-lock.ts'
import { embeddedPostgresUrl } from './embedded-postgres-url.ts'
import { initialiseCluster } from './initialise-cluster.ts'
import { leaveLastWill } from './last-will.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { memoryBytes, postgresSettings } from './postgres-settings.ts'
import { type Postmaster, startPostmaster, stopLeftover } from './postmaster.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { makeSocketDirectory, removeSocketDirectory } from './socket-directory.ts'

export type StartEmbeddedPostgresOptions = {
  /** Made if need be. One Holdfast at a time. */
  dataDirectory: string
  /** Hears what a person should know: where the data went, what was recovered. */
  log?: (message: string) => void
  /** Added to our own server settings, as `name: value`. */
  settings?: Record<string, string>
  /** Where root keeps what its unprivileged account can't reach otherwise. Default `/var/lib/holdfast`. */
  sharedDirectory?: string
}

export type EmbeddedPostgres = {
  /** `postgres://…` of the owner, a superuser of this server, over a Unix socket. Stays the same over restarts of the server process. */
  ownerUrl: string
  /** For example `18.4`. */
  version: string
  /** Cuts off the sessions, waits until the server is gone and lets the data directory go. Again: does nothing more. */
  stop(mode?: 'fast' | 'smart'): Promise<void>
}

/** A server that dies this often in a minute is not started again. */
const restartsPerMinuteMax = 5

/**
 * Starts the real PostgreSQL server on a data directory, making its database first if there is none. The server is
 * started again should it die, and is stopped should this process be killed; if even that fails, the next start takes over.
 *
 * @throws EmbeddedPostgresError see its kinds; `data_directory_in_use` when another Holdfast has the directory
 */
export async function startEmbeddedPostgres(options: StartEmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined)
  const sharedDirectory = options.sharedDirectory ?? sharedDirectoryDefault
  const dataDirectory = await makeDataDirectory(options.dataDirectory)
  const lock = await lockDataDirectory(dataDirectory)
  try {
    const clusterHome = await prepareClusterHome(dataDirectory, sharedDirectory, log)
    const binaries = await postgresBinaries(clusterHome.account, sharedDirectory, log)
    await clearLeftovers(clusterHome, log)
    const password = await initialiseCluster(clusterHome, binaries)
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

/** Keeps the server running until it is told to stop. */
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
      log(`PostgreSQL ended by itself again (${how}), ${restartsPerMinuteMax} times in a minute: giving up.`)
      return undefined
    }
    restartTimes.push(now)
    log(`PostgreSQL ended by itself (${how}): starting it again.`)
    try {
      return watch(await startPostmaster(clusterHome, binaries, settings))
    } catch (error) {
      log(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }

  const watch = (postmaster: Postmaster): Postmaster => {
    const revoke = leaveLastWill(postmaster.pid, clusterHome.account)
    void postmaster.ended.then((how) => {
      revoke()
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
