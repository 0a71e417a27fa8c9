import { type Shard, shardUrl } from '@holdfast/engine/shards'
import type pg from 'pg'
import type { Logger } from '../../observe/logger.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import { catalogueOfCitus } from '../placement/shard-catalogue.ts'
import type { DatabaseUrls } from '../pools/job-pools.ts'
import { type FollowingShards, followShards } from './follow-shards.ts'
import type { Followed } from './followed-shards.ts'

/** The same logins in a shard. */
export function urlsOfShard({ appUrl, sessionUrl }: DatabaseUrls, shard: Shard): DatabaseUrls {
  return { appUrl: shardUrl(appUrl, shard), sessionUrl: shardUrl(sessionUrl, shard) }
}

export type FollowDatabaseDeps = {
  /** To the coordinator, as the application. */
  pool: pg.Pool
  log: Logger
}

/** Follows the shards of a database on Citus: see {@link followShards}. */
export function followDatabase<Of extends Followed & { relocate(urls: DatabaseUrls): void }>(
  database: PreparedDatabase,
  opened: ReadonlyMap<Shard, Of>,
  { pool, log }: FollowDatabaseDeps,
): FollowingShards {
  const { ownerUrl, catalogue = catalogueOfCitus } = database
  return followShards(opened, {
    read: () => catalogue.read(pool),
    away: () => catalogue.away(ownerUrl, pool),
    write: (schemas, away) => catalogue.write(ownerUrl, schemas, away),
    relocate: (open, shard) => open.relocate(urlsOfShard(database, shard)),
    dropFormer: () => catalogue.dropFormer(ownerUrl, pool),
    log,
  })
}
