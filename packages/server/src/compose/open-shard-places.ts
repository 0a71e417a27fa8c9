import { distributedStatus } from '@holdfast/engine'
import { placeOf, placeUrl, type Place as Shard } from '@holdfast/engine/places'
import { changesOfCommitted, changesOfEntry } from '../cache/changes.ts'
import type { ResponseCache } from '../cache/response-cache.ts'
import type { Config } from '../config/config.ts'
import { createProbes } from '../edge/probes.ts'
import { liveSettingsOf } from '../live/live-settings.ts'
import { PlacedHub } from '../live/placed-hub.ts'
import { followShards } from './follow-shards.ts'
import { openCoordinator } from './open-coordinator.ts'
import { openPlace, type Place, poolOpener } from './open-place.ts'
import { closeTogether, type Places, type PlacesDeps, poolsByLabel, probeBounds } from './places.ts'
import type { PreparedDatabase } from './prepare-database.ts'
import { catalogueOfCitus } from './shard-catalogue.ts'

/** For queries in progress. */
const closeMs = 1_000

/**
 * Opens a place for each shard of a database on Citus, and its coordinator. A place is led to another node when its
 * shard is moved there.
 *
 * @throws the driver's error when a node cannot be reached
 */
export async function openShardPlaces(
  config: Config,
  database: PreparedDatabase,
  shards: readonly Shard[],
  deps: PlacesDeps,
): Promise<Places> {
  const { log, metrics, isStopping, accountsPool } = deps
  const cacheShare = 1 / (shards.length + 1)
  const probePool = poolOpener(database, log)('probes', probeBounds)
  const opened = new Map<Shard, Place>()
  const ofClinic = (clinicNo: number): Place => {
    const place = opened.get(placeOf(shards, clinicNo))
    if (place === undefined) throw new Error(`The place of the clinic ${clinicNo} is not open.`)
    return place
  }
  const coordinator = openCoordinator(database, { config, cacheShare, log, metrics, opened, ofClinic })
  const urlsOf = (shard: Shard) => ({
    appUrl: placeUrl(database.appUrl, shard),
    sessionUrl: placeUrl(database.sessionUrl, shard),
  })
  const { adaptPlace: adapt, beforeRole } = coordinator
  try {
    for (const shard of shards) {
      const ofPlace = { config, cacheShare, log: log.child({ place: shard.schema }), metrics, adapt, beforeRole }
      const place = await openPlace(urlsOf(shard), ofPlace)
      closeTogether(Object.values(place.pools))
      opened.set(shard, place)
      outdate(coordinator.cache, place)
    }
  } catch (error) {
    // The tails of the others would keep the process running.
    await closeOpened([...opened.values()])
    throw error
  }
  closeTogether([...Object.values(coordinator.pools), probePool, accountsPool])
  const all = [...opened.values()]
  trustWhileAllAreTrusted(coordinator.cache, all)
  const { ownerUrl, catalogue = catalogueOfCitus } = database
  const following = followShards(opened, {
    read: () => catalogue.read(probePool),
    write: (schemas) => catalogue.write(ownerUrl, schemas),
    relocate: (place, shard) => place.relocate(urlsOf(shard)),
    tidy: () => catalogue.tidy(ownerUrl),
    log,
  })
  return {
    all,
    common: coordinator,
    coordinator: { urls: database, pools: coordinator.pools },
    placeOf: ofClinic,
    live: new PlacedHub({
      hubs: () => all.map(({ live }) => live),
      hubOf: (clinicNo) => ofClinic(clinicNo).live,
      settings: liveSettingsOf(config),
    }),
    theatreSignalsOf: (clinicNo) => ofClinic(clinicNo).theatreSignals,
    probes: createProbes(probePool, {
      isStopping,
      status: distributedStatus,
      places: all.map(({ pools }) => pools.general),
    }),
    pools: { ...poolsByLabel([...all, coordinator]), probes: [probePool] },
    allPools: [...all.flatMap(({ allPools }) => allPools), ...coordinator.allPools, probePool],
    parts: [{ engine: coordinator.engine, stop: following.stop }, ...all],
    mustRestart: following.split,
  }
}

async function closeOpened(all: readonly Place[]): Promise<void> {
  await Promise.all(all.map((place) => place.stop()))
  await Promise.all(all.flatMap(({ allPools }) => allPools).map((pool) => pool.close(closeMs)))
}

/** What changes in a place also outdates responses about all clinics. */
function outdate(cache: ResponseCache, { engine, freshness, calendar }: Place): void {
  engine.onCommitted((committed) => cache.drop(changesOfCommitted(committed)))
  freshness.tail.subscribe((entries) => {
    for (const entry of entries) if (!calendar.isOwn(entry)) cache.drop(changesOfEntry(entry, calendar))
  })
}

/** While the log of a place cannot be read, a response may lack what has changed there. */
function trustWhileAllAreTrusted(cache: ResponseCache, all: readonly Place[]): void {
  const trusted = new Set(all)
  for (const place of all) {
    place.freshness.onTrust((isTrusted) => {
      if (isTrusted) trusted.add(place)
      else trusted.delete(place)
      cache.trust(trusted.size === all.length)
    })
  }
}
