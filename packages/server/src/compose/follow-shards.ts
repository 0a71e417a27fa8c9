import { setTimeout as delay } from 'node:timers/promises'
import { placeUrl, readPlaces, type Place as Shard } from '@holdfast/engine/places'
import type pg from 'pg'
import type { RunningJobs } from '../jobs/run-jobs.ts'
import { oneAtATime } from '../lifecycle/one-at-a-time.ts'
import type { Logger } from '../observe/logger.ts'
import type { Place } from './open-place.ts'
import type { PreparedDatabase } from './prepare-database.ts'
import { writePlaces } from './prepare-distributed.ts'

const checkMs = 1_000

type Followed = Pick<Place, 'allPools'>

export type FollowShardsDeps = {
  database: PreparedDatabase
  /** Of the coordinator. */
  pool: pg.Pool
  log: Logger
}

/**
 * Leads the places to the nodes that have their shards, and writes the schema of a shard that was moved onto its new
 * node. Looks every second, and at once after a statement found that its shard is not there.
 */
export function followShards(places: ReadonlyMap<Shard, Followed>, deps: FollowShardsDeps): RunningJobs {
  const { log } = deps
  const stopping = new AbortController()
  const at = new Map(Array.from(places.keys(), (shard) => [shard.schema, { ...shard }]))
  let wake = Promise.withResolvers<void>()
  for (const { allPools } of places.values()) for (const pool of allPools) pool.onShardMoved = () => wake.resolve()

  async function look(): Promise<void> {
    const found = await readPlaces(deps.pool)
    const byName = new Map(found.map((shard) => [shard.schema, shard]))
    const moved = [...places].flatMap(([{ schema }, place]) => {
      const [before, now] = [at.get(schema), byName.get(schema)]
      return now !== undefined && (now.host !== before?.host || now.port !== before?.port) ? [{ now, place }] : []
    })
    if (moved.length > 0) {
      await oneAtATime(deps.database.ownerUrl, () => writePlaces(deps.database.ownerUrl))
      for (const { now, place } of moved) {
        relocate(place, now, deps.database)
        at.set(now.schema, now)
        log.info({ place: now.schema, host: now.host, port: now.port }, 'a shard was moved to another node')
      }
    }
    if (found.length !== places.size || found.some(({ schema }) => !places.has(shardNamed(schema)))) {
      throw new Error('A shard was split: restart this server, so that it serves the parts.')
    }
  }
  const shardNamed = (schema: string) => [...places.keys()].find((shard) => shard.schema === schema) as Shard

  async function follow(): Promise<void> {
    let lastError = ''
    while (!stopping.signal.aborted) {
      try {
        await look()
        lastError = ''
      } catch (error) {
        const message = String(error)
        if (message !== lastError) log.error({ err: error }, 'the shards cannot be followed')
        lastError = message
      }
      await Promise.race([delay(checkMs, undefined, { signal: stopping.signal }).catch(() => undefined), wake.promise])
      wake = Promise.withResolvers()
    }
  }
  const following = follow()
  return {
    async stop() {
      stopping.abort()
      await following
    },
  }
}

function relocate({ allPools }: Followed, shard: Shard, { appUrl }: PreparedDatabase): void {
  for (const pool of allPools) pool.relocate(placeUrl(appUrl, shard))
}
