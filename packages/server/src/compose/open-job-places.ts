import { checkLogIsOfServer, createPool, type DatabasePool } from '@holdfast/engine'
import { placeUrl, type Place as Shard } from '@holdfast/engine/places'
import type pg from 'pg'
import type { AccountMails } from '../messages/account-mails/account-mails.ts'
import type { Logger } from '../observe/logger.ts'
import { type DatabaseUrls, openJobPools } from './compose-jobs.ts'
import { followShards } from './follow-shards.ts'
import type { JobPlace, JobPlaces } from './jobs-of-places.ts'
import { onIdleErrorOf } from './open-place.ts'
import { probeBounds } from './places.ts'
import type { PreparedDatabase } from './prepare-database.ts'
import { catalogueOfCitus } from './shard-catalogue.ts'

export type OpenJobPlaces = JobPlaces & {
  /** Resolves when there are other shards than those that are open: the process must be started again. */
  mustRestart: Promise<Error> | null
  /** Stops following shards, and closes the pools: what is in use after `graceMs`, too. */
  close(graceMs: number): Promise<void>
}

export type JobPlacesDeps = { mailsOf(pool: pg.Pool): AccountMails; log: Logger }

/**
 * Opens what the jobs need, for a process that serves no requests: the pools of the database, or on Citus those of each
 * shard and of the coordinator. When a shard is moved to another node, its pools are led there.
 *
 * @throws LogAhead if a log has to be renumbered first; the driver's error when a database cannot be reached
 */
export async function openJobPlaces(database: PreparedDatabase, deps: JobPlacesDeps): Promise<OpenJobPlaces> {
  const { shards } = database
  const places = shards === null ? ofDatabase(database, deps) : ofShards(database, shards, deps)
  try {
    for (const { pools } of places.all) await checkLogIsOfServer(pools.jobs)
    return places
  } catch (error) {
    await places.close(0)
    throw error
  }
}

function ofDatabase(urls: DatabaseUrls, deps: JobPlacesDeps): OpenJobPlaces {
  const place = openJobPlace(urls, deps)
  return {
    all: [place],
    coordinator: null,
    mustRestart: null,
    close: (graceMs) => closeAll(Object.values(place.pools), graceMs),
  }
}

function ofShards(database: PreparedDatabase, shards: readonly Shard[], deps: JobPlacesDeps): OpenJobPlaces {
  const { log } = deps
  const { appUrl, sessionUrl } = database
  const opened = new Map(
    shards.map((shard) => {
      const urls = { appUrl: placeUrl(appUrl, shard), sessionUrl: placeUrl(sessionUrl, shard) }
      return [shard, openJobPlace(urls, { ...deps, log: log.child({ place: shard.schema }) })]
    }),
  )
  const all = [...opened.values()]
  const coordinator = { urls: { appUrl, sessionUrl }, pools: openJobPools(database, onIdleErrorOf(log)) }
  const pool = createPool({ url: appUrl, name: 'holdfast shards', onIdleError: onIdleErrorOf(log), ...probeBounds })
  const pools = [...all, coordinator].flatMap((place) => Object.values(place.pools))
  const followed = new Map([...opened].map(([shard, place]) => [shard, { allPools: Object.values(place.pools) }]))
  const { ownerUrl, catalogue = catalogueOfCitus } = database
  const following = followShards(followed, {
    read: () => catalogue.read(pool),
    write: (schemas) => catalogue.write(ownerUrl, schemas),
    relocate({ allPools }, shard) {
      for (const each of allPools) each.relocate(placeUrl(appUrl, shard))
    },
    tidy: () => catalogue.tidy(ownerUrl),
    log,
  })
  return {
    all,
    coordinator,
    mustRestart: following.split,
    async close(graceMs) {
      await following.stop()
      await closeAll([...pools, pool], graceMs)
    },
  }
}

function openJobPlace(urls: DatabaseUrls, { mailsOf, log }: JobPlacesDeps): JobPlace {
  const pools = openJobPools(urls, onIdleErrorOf(log))
  return { urls, pools, mails: mailsOf(pools.messages) }
}

async function closeAll(pools: readonly DatabasePool[], graceMs: number): Promise<void> {
  await Promise.all(pools.map((pool) => pool.close(graceMs)))
}
