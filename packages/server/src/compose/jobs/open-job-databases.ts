import { checkLogIsOfServer, createPool, type DatabasePool, LogAhead } from '@holdfast/engine'
import type { Shard } from '@holdfast/engine/shards'
import type { Logger } from '../../observe/logger.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import { allParts, type JobDatabase } from '../pools/job-database.ts'
import { type DatabaseUrls, openJobPools } from '../pools/job-pools.ts'
import { onIdleErrorOf } from '../pools/pool-opener.ts'
import { probeBounds } from '../pools/probe-bounds.ts'
import { followDatabase, urlsOfShard } from '../shards/follow-database.ts'

export type OpenJobDatabases = {
  all: readonly JobDatabase[]
  /** Resolves when there are other shards than those that are open: the process must be started again. */
  mustRestart: Promise<Error> | null
  /** Stops following shards, and closes the pools: what is in use after `graceMs`, too. */
  close(graceMs: number): Promise<void>
}

/**
 * Opens what the jobs need, for a process that serves no requests: the pools of the database, or on Citus those of the
 * coordinator and of each shard. When a shard is moved to another node, its pools are led there.
 *
 * @throws LogAhead if a log has to be renumbered first; the driver's error when a database that is not distributed
 *   cannot be reached
 */
export async function openJobDatabases(database: PreparedDatabase, log: Logger): Promise<OpenJobDatabases> {
  const { shards } = database
  const opened = shards === null ? ofDatabase(database, log) : ofShards(database, shards, log)
  try {
    await Promise.all(opened.all.filter(({ parts }) => parts.includes('shard')).map(checkLog))
    return opened
  } catch (error) {
    await opened.close(0)
    throw error
  }
}

/** One shard that is away keeps no other from being worked on. */
async function checkLog({ pools, shard }: JobDatabase): Promise<void> {
  await checkLogIsOfServer(pools.jobs).catch((error: unknown) => {
    if (shard === null || error instanceof LogAhead) throw error
  })
}

function ofDatabase(urls: DatabaseUrls, log: Logger): OpenJobDatabases {
  const open = openJobDatabase(urls, { parts: allParts, shard: null }, log)
  return { all: [open], mustRestart: null, close: (graceMs) => closeAll(open.allPools, graceMs) }
}

function ofShards(database: PreparedDatabase, shards: readonly Shard[], log: Logger): OpenJobDatabases {
  const opened = new Map(
    shards.map((shard) => {
      const { schema } = shard
      const ofShard = { parts: ['shard'] as const, shard: schema }
      return [shard, openJobDatabase(urlsOfShard(database, shard), ofShard, log.child({ shard: schema }))]
    }),
  )
  const coordinator = openJobDatabase(database, { parts: ['coordinator'], shard: null }, log)
  const all = [coordinator, ...opened.values()]
  const onIdleError = onIdleErrorOf(log)
  const pool = createPool({ url: database.appUrl, name: 'holdfast shards', onIdleError, ...probeBounds })
  const following = followDatabase(database, opened, { pool, log })
  return {
    all,
    mustRestart: following.split,
    async close(graceMs) {
      await following.stop()
      await closeAll([...all.flatMap(({ allPools }) => allPools), pool], graceMs)
    },
  }
}

type OpenJobDatabase = JobDatabase & { allPools: readonly DatabasePool[]; relocate(urls: DatabaseUrls): void }
type Opened = Pick<JobDatabase, 'parts' | 'shard'>

function openJobDatabase(urls: DatabaseUrls, opened: Opened, log: Logger): OpenJobDatabase {
  const pools = openJobPools(urls, onIdleErrorOf(log))
  const allPools = Object.values(pools)
  return {
    ...opened,
    sessionUrl: urls.sessionUrl,
    pools,
    allPools,
    relocate({ appUrl, sessionUrl }) {
      for (const pool of allPools) pool.relocate(pool === pools.jobs ? sessionUrl : appUrl)
    },
  }
}

async function closeAll(pools: readonly DatabasePool[], graceMs: number): Promise<void> {
  await Promise.all(pools.map((pool) => pool.close(graceMs)))
}
