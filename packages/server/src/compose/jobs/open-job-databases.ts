import { checkLogIsOfServer, type DatabasePool, LogAhead } from '@holdfast/engine'
import type { Logger } from '../../observe/logger.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import { nowhere, relocateWhenReached } from '../database/prepare-shards.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import { type DatabaseUrls, openJobPools } from '../pools/job-pools.ts'
import { onIdleErrorOf, poolOpener } from '../pools/pool-opener.ts'
import { openProbePools, type ProbePools } from '../pools/probe-pools.ts'

/** A database whose jobs run in a process that serves no requests. */
export type OpenJobDatabase = JobDatabase & { pools: ProbePools }

export type OpenJobDatabases = {
  /** The directory, or the only one, first. */
  all: readonly [OpenJobDatabase, ...OpenJobDatabase[]]
  /** Closes the pools: what is in use after `graceMs`, too. */
  close(graceMs: number): Promise<void>
}

/**
 * Opens what the jobs need, for a process that serves no requests: the pools of the database, or of all databases of
 * the installation.
 *
 * @throws LogAhead if a log has to be renumbered first; the driver's error when the only database, or the directory,
 *   cannot be reached
 */
export async function openJobDatabases(database: PreparedDatabase, log: Logger): Promise<OpenJobDatabases> {
  const reaching = new AbortController()
  const others = (database.shards ?? []).map((shard) => {
    const { name } = shard.settings
    const ofShard = log.child({ shard: name })
    const open = openJobDatabase(shard.urls ?? nowhere, name, ofShard)
    if (shard.urls === null) relocateWhenReached(shard, open.relocate, { signal: reaching.signal, log: ofShard })
    return open
  })
  const all = [openJobDatabase(database, null, log), ...others] as const
  const allPools = all.flatMap(({ pools }) => Object.values(pools))
  const close = async (graceMs: number) => {
    reaching.abort()
    await Promise.all(allPools.map((pool: DatabasePool) => pool.close(graceMs)))
  }
  try {
    await Promise.all(all.map(checkLog))
    return { all, close }
  } catch (error) {
    await close(0)
    throw error
  }
}

/** One shard that is away keeps no other from being worked on. */
async function checkLog({ pools, shard }: JobDatabase): Promise<void> {
  await checkLogIsOfServer(pools.jobs).catch((error: unknown) => {
    if (shard === null || error instanceof LogAhead) throw error
  })
}

function openJobDatabase(urls: DatabaseUrls, shard: string | null, log: Logger) {
  const pools = { ...openJobPools(urls, onIdleErrorOf(log)), ...openProbePools(poolOpener(urls, log)) }
  return {
    shard,
    pools,
    relocate({ appUrl, sessionUrl }: DatabaseUrls) {
      for (const pool of Object.values(pools)) pool.relocate(pool === pools.jobs ? sessionUrl : appUrl)
    },
  }
}
