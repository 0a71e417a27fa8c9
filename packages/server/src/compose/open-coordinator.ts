import { createCalendarReads, type DatabasePool, type Engine } from '@holdfast/engine'
import { ResponseCache } from '../cache/response-cache.ts'
import type { Config } from '../config/config.ts'
import { DatabaseBreaker } from '../lifecycle/database-breaker.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { DatabaseUrls } from './compose-jobs.ts'
import { boundedEngine, cacheBytesOf, openEngine, openEnginePools, poolOpener } from './open-place.ts'
import type { Common } from './places.ts'

/** On Citus, what serves requests that name no clinic. Its statements read the tables of all shards. */
export type Coordinator = Common & { allPools: readonly DatabasePool[]; ownEngine: { stop(): Promise<void> } }

export type CoordinatorDeps = {
  config: Config
  /** Of HOLDFAST_CACHE_MEGABYTES, 0 to 1. */
  cacheShare: number
  log: Logger
  metrics: Metrics
  /** What the coordinator cannot do by itself is done by the places. */
  completed(engine: Engine): Engine
}

export function openCoordinator(urls: DatabaseUrls, deps: CoordinatorDeps): Coordinator {
  const { config, log, metrics, cacheShare, completed } = deps
  const pools = openEnginePools(config, poolOpener(urls, log))
  const ownEngine = openEngine(config, pools, metrics, log)
  const engine = completed(ownEngine)
  const cache = new ResponseCache({ bytesMax: cacheBytesOf(config, cacheShare).responses })
  return {
    engine,
    ownEngine,
    cache,
    pools,
    allPools: Object.values(pools),
    rest: {
      ...boundedEngine(config, engine, pools.general),
      // It has no log, and so no positions: a request with one gets what is in the database now.
      freshness: {
        cache,
        breaker: new DatabaseBreaker(() => undefined),
        tail: { horizon: 0n, epoch: 0, transactionAt: () => 0n },
      },
      // No list is of the coordinator: an id that names no clinic is of no doctor.
      slotLists: { read: async () => null },
      calendarReads: createCalendarReads(pools.general),
    },
  }
}
