import type { DatabasePool } from '@holdfast/engine'
import type { Config } from '../config/config.ts'
import { createProbes } from '../edge/probes.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { poolConnections } from './database-connections.ts'
import { openPlace, poolOpener } from './open-place.ts'
import { openShardPlaces } from './open-shard-places.ts'
import { closeTogether, type Places, poolsByLabel } from './places.ts'
import type { PreparedDatabase } from './prepare-database.ts'

export type PlacesDeps = {
  log: Logger
  metrics: Metrics
  isStopping: () => boolean
  /** Of the accounts, on the same server as what is common to all places. */
  accountsPool: DatabasePool
}

export const probeBounds = {
  max: poolConnections.probes,
  statementTimeoutMs: 1_000,
  queryTimeoutMs: 2_000,
  connectTimeoutMs: 2_000,
}

/** @throws the driver's error when the database cannot be reached */
export async function openPlaces(config: Config, database: PreparedDatabase, deps: PlacesDeps): Promise<Places> {
  if (database.shards !== null) return openShardPlaces(config, database, database.shards, deps)
  const { log, metrics, isStopping, accountsPool } = deps
  const probePool = poolOpener(database, log)('probes', probeBounds)
  const place = await openPlace(database, { config, cacheShare: 1, log, metrics })
  closeTogether([...Object.values(place.pools), probePool, accountsPool])
  return {
    all: [place],
    common: { ...place, cache: place.freshness.cache },
    coordinator: null,
    placeOf: null,
    live: place.live,
    theatreSignalsOf: () => place.theatreSignals,
    probes: createProbes(probePool, { isStopping }),
    pools: { ...poolsByLabel([place]), probes: [probePool] },
    allPools: [...place.allPools, probePool],
    parts: [place],
    mustRestart: null,
  }
}
