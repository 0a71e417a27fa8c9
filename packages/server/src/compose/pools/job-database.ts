import type { JobPools } from './job-pools.ts'

/** A database whose jobs run. */
export type JobDatabase = {
  /** The name of one of several databases, in logs and metrics; null: the directory, or the only database. */
  shard: string | null
  pools: JobPools
}
