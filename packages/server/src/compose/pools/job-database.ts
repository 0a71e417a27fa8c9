import type { JobPart } from '../../jobs/jobs.ts'
import type { DatabaseUrls, JobPools } from './job-pools.ts'

/** What jobs work on: a database that is not distributed; or on Citus the coordinator, and each shard. */
export type JobDatabase = Pick<DatabaseUrls, 'sessionUrl'> & {
  parts: readonly JobPart[]
  /** The schema of one shard of several, which names it in logs and metrics. */
  shard: string | null
  pools: JobPools
}

/** A database that is not distributed has both. */
export const allParts = ['shard', 'coordinator'] as const satisfies JobPart[]
