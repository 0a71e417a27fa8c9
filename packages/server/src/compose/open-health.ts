import { readRelease } from '@holdfast/engine'
import type { Config } from '../config/config.ts'
import { ownerUrlOf } from '../config/owner-url.ts'
import { directoryName, ofShard } from '../config/shard-settings.ts'
import { createHealth, type ReadHealth } from '../health/create-health.ts'
import { createLogger, type Logger } from '../observe/logger.ts'
import { databaseFiguresReader, type ObservedDatabase } from '../observe/read-database-figures.ts'
import { watchMachine } from '../observe/watch-machine.ts'
import { channelsOf, processName } from './health-of-server.ts'
import { poolOpener } from './pools/pool-opener.ts'
import { openProbePools, type ProbePools } from './pools/probe-pools.ts'
import { watchReplicas } from './watch-replicas.ts'

type OpenHealth = { read: ReadHealth; close(): Promise<void> }

/** A database as the owner of its schema. `settings`: its own, of the replicas. */
type Owned = ObservedDatabase & { url: string; pools: ProbePools; settings: Config }

const closeMs = 0

/**
 * The health of the installation as a command sees it, without a server: what only a server process knows, such as its
 * queues, is `unknown`. It does not fail while a database is away.
 *
 * @param ownerUrl of the directory, or the only database
 */
export async function openHealth(config: Config, ownerUrl: string): Promise<OpenHealth> {
  // The command shows what could not be read.
  const log = createLogger('silent')
  const databases = ownedDatabases(config, ownerUrl, log)
  const watched = await Promise.all(databases.map((database) => watchReplicas(database, log)))
  const read = createHealth({
    databases,
    readFigures: databaseFiguresReader(databases, log),
    machine: watchMachine(config),
    isEmbedded: config.databaseUrl === null,
    release: await readRelease(),
    process: processName(),
    queues: () => null,
    replicas: () => watched.flatMap((one) => one?.known() ?? []),
    channels: channelsOf(config),
    isRedisAvailable: () => null,
    now: () => new Date(),
  })
  return {
    read,
    async close() {
      await Promise.all(watched.map((one) => one?.stop()))
      await Promise.all(databases.flatMap(({ pools }) => Object.values(pools).map((pool) => pool.close(closeMs))))
    },
  }
}

function ownedDatabases(config: Config, ownerUrl: string, log: Logger): readonly [Owned, ...Owned[]] {
  const open = (name: string | null, url: string, settings: Config): Owned => ({
    name,
    url,
    settings,
    pools: openProbePools(poolOpener({ appUrl: url, sessionUrl: url }, log)),
  })
  const { shards } = config
  const first = open(shards === null ? null : directoryName, ownerUrl, config)
  return [first, ...(shards ?? []).map((shard) => open(shard.name, ownerUrlOf(shard), ofShard(config, shard)))]
}
