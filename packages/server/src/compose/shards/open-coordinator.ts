import { createCalendarReads, type DatabasePool, drawClinicNo } from '@holdfast/engine'
import type { Shard } from '@holdfast/engine/shards'
import { ResponseCache } from '../../cache/response-cache.ts'
import type { Config } from '../../config/config.ts'
import { DatabaseBreaker } from '../../lifecycle/database-breaker.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Metrics } from '../../observe/metrics.ts'
import { type DatabaseUrls, type JobPools, openJobPools } from '../pools/job-pools.ts'
import { onIdleErrorOf, poolOpener } from '../pools/pool-opener.ts'
import {
  boundedEngine,
  cacheBytesOf,
  type EnginePools,
  type OpenShard,
  openEngine,
  openEnginePools,
} from './open-shard.ts'
import type { Common } from './shards.ts'

/** On Citus, what serves requests that name no clinic: its statements read the tables of all shards. */
export type Coordinator = Common & {
  pools: EnginePools & JobPools
  allPools: readonly DatabasePool[]
}

export type CoordinatorDeps = {
  config: Config
  /** Of HOLDFAST_CACHE_MEGABYTES, 0 to 1. */
  cacheShare: number
  log: Logger
  metrics: Metrics
  /** Those that are open by now. */
  opened: ReadonlyMap<Shard, OpenShard>
  ofClinic(clinicNo: number): OpenShard
}

export function openCoordinator(urls: DatabaseUrls, deps: CoordinatorDeps): Coordinator {
  const { config, log, metrics, cacheShare, opened, ofClinic } = deps
  const pools = { ...openEnginePools(config, poolOpener(urls, log)), ...openJobPools(urls, onIdleErrorOf(log)) }
  const shards = {
    all: () => Array.from(opened.values(), (open) => open.pools.general),
    of: (clinicNo: number) => ofClinic(clinicNo).pools.general,
  }
  const own = openEngine(config, pools, metrics, log, { shards })
  const engine: typeof own = {
    ...own,
    directory: {
      ...own.directory,
      async createClinic(clinic, writeKey) {
        const no = await drawClinicNo(pools.general, writeKey)
        return ofClinic(no).engine.directory.createClinic(clinic, writeKey, no)
      },
    },
  }
  const cache = new ResponseCache({ bytesMax: cacheBytesOf(config, cacheShare).responses })
  return {
    engine,
    cache,
    pools,
    allPools: Object.values(pools),
    rest: {
      ...boundedEngine(config, engine, pools.general),
      // It has no log. What changes in a shard outdates its responses.
      freshness: {
        cache,
        breaker: new DatabaseBreaker(() => undefined),
        tail: { horizon: 0n, epoch: 0, transactionAt: () => 0n },
        breakersOfShards: () => Array.from(opened.values(), (open) => open.freshness.breaker),
        tailsOfShards: () => Array.from(opened.values(), (open) => open.freshness.tail),
      },
      // An id that names no clinic is of no doctor.
      slotLists: { read: async () => null },
      calendarReads: createCalendarReads(pools.general),
    },
  }
}
