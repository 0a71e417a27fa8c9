import { checkLogIsOfServer, createPool, type DatabasePool } from '@holdfast/engine'
import { isPlaced, type Shard } from '@holdfast/engine/shards'
import type pg from 'pg'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'
import type { Logger } from '../../observe/logger.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import { type DatabaseUrls, openJobPools } from '../pools/job-pools.ts'
import { onIdleErrorOf } from '../pools/pool-opener.ts'
import { probeBounds } from '../pools/probe-bounds.ts'
import { followDatabase, urlsOfShard } from '../shards/follow-database.ts'
import type { JobShard, JobShards } from './jobs-of-shards.ts'

export type OpenJobShards = JobShards & {
  /** Resolves when there are other shards than those that are open: the process must be started again. */
  mustRestart: Promise<Error> | null
  /** Stops following shards, and closes the pools: what is in use after `graceMs`, too. */
  close(graceMs: number): Promise<void>
}

export type JobShardsDeps = { mailsOf(pool: pg.Pool): AccountMails; log: Logger }

/**
 * Opens what the jobs need, for a process that serves no requests: the pools of the database, or on Citus those of each
 * shard and of the coordinator. When a shard is moved to another node, its pools are led there.
 *
 * @throws LogAhead if a log has to be renumbered first; the driver's error when a database cannot be reached
 */
export async function openJobShards(database: PreparedDatabase, deps: JobShardsDeps): Promise<OpenJobShards> {
  const { shards } = database
  const opened = shards === null ? ofDatabase(database, deps) : ofShards(database, shards, deps)
  try {
    for (const { pools, isReached } of opened.all) if (isReached) await checkLogIsOfServer(pools.jobs)
    return opened
  } catch (error) {
    await opened.close(0)
    throw error
  }
}

function ofDatabase(urls: DatabaseUrls, deps: JobShardsDeps): OpenJobShards {
  const open = openJobShard(urls, deps)
  return {
    all: [open],
    coordinator: null,
    mustRestart: null,
    close: (graceMs) => closeAll(open.allPools, graceMs),
  }
}

function ofShards(database: PreparedDatabase, shards: readonly Shard[], deps: JobShardsDeps): OpenJobShards {
  const { log } = deps
  const { appUrl, sessionUrl } = database
  const opened = new Map(
    shards.map((shard) => {
      const ofShard = { ...deps, log: log.child({ shard: shard.schema }) }
      return [shard, openJobShard(urlsOfShard(database, shard), ofShard, isPlaced(shard))]
    }),
  )
  const all = [...opened.values()]
  const coordinator = { urls: { appUrl, sessionUrl }, pools: openJobPools(database, onIdleErrorOf(log)) }
  const pool = createPool({ url: appUrl, name: 'holdfast shards', onIdleError: onIdleErrorOf(log), ...probeBounds })
  const following = followDatabase(database, opened, { pool, log })
  return {
    all,
    coordinator,
    mustRestart: following.split,
    async close(graceMs) {
      await following.stop()
      await closeAll([...all.flatMap(({ allPools }) => allPools), ...Object.values(coordinator.pools), pool], graceMs)
    },
  }
}

type FollowedJobShard = JobShard & { allPools: readonly DatabasePool[]; relocate(urls: DatabaseUrls): void }

function openJobShard(urls: DatabaseUrls, { mailsOf, log }: JobShardsDeps, isReached = true): FollowedJobShard {
  const pools = openJobPools(urls, onIdleErrorOf(log))
  const allPools = Object.values(pools)
  return {
    ...{ urls, pools, mails: mailsOf(pools.messages), isReached, allPools },
    relocate({ appUrl, sessionUrl }) {
      for (const pool of allPools) pool.relocate(pool === pools.jobs ? sessionUrl : appUrl)
    },
  }
}

async function closeAll(pools: readonly DatabasePool[], graceMs: number): Promise<void> {
  await Promise.all(pools.map((pool) => pool.close(graceMs)))
}
