import type { Config } from '../config/config.ts'
import { createProbes } from '../edge/probes.ts'
import { openPlace, poolOpener } from './open-place.ts'
import { openShardPlaces } from './open-shard-places.ts'
import { closeTogether, type Places, type PlacesDeps, poolsByLabel, probeBounds } from './places.ts'
import type { PreparedDatabase } from './prepare-database.ts'

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
