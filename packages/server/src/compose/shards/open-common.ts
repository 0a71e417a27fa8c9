import { createCalendarReads, createDirectory, type ShardPools } from '@holdfast/engine'
import { changesOfCommitted, changesOfEntry } from '../../cache/changes.ts'
import { ResponseCache } from '../../cache/response-cache.ts'
import { DatabaseBreaker } from '../../lifecycle/database-breaker.ts'
import { promptReads } from '../../rest/prompt-reads.ts'
import type { OpenShard } from './open-shard.ts'
import type { Common } from './shards.ts'

type CommonOptions = {
  cacheBytesMax: number
  /** The databases that can be read, for public lists of clinics and doctors. */
  listed: ShardPools
  /** Whether clinics are in a database that this process does not know. */
  lacksClinics(): boolean
}

/** What serves requests about the clinics of several databases: the directory's engine, and a cache for their lists. */
export function openCommon(
  directory: OpenShard,
  all: readonly OpenShard[],
  { cacheBytesMax, listed, lacksClinics }: CommonOptions,
): Common {
  const pool = directory.pools.general
  const { clinics, doctors, specializations } = createDirectory(pool, () => undefined, listed)
  const lists = { ...directory.engine.directory, clinics, doctors, specializations }
  // A replica is of one database: what it lists lacks what the others have.
  const prompt = promptReads({ ...directory.engine, directory: lists }, { pool })
  const cache = new ResponseCache({ bytesMax: cacheBytesMax })
  for (const open of all) outdate(cache, open)
  trustWhileAllAreTrusted(cache, all)
  return {
    engine: directory.engine,
    cache,
    pools: directory.pools,
    rest: {
      ...directory.rest,
      engine: { ...directory.rest.engine, reads: prompt.reads, directory: prompt.directory },
      // What changes in any database outdates its responses.
      freshness: {
        cache,
        breaker: new DatabaseBreaker(() => undefined),
        tail: { horizon: 0n, epoch: 0, transactionAt: () => 0n },
        breakersOfShards: () => all.map(({ freshness }) => freshness.breaker),
        tailsOfShards: () => all.map(({ freshness }) => freshness.tail),
        lacksClinics,
      },
      // An id that names no clinic is of no doctor.
      slotLists: { read: async () => null },
      calendarReads: createCalendarReads(pool),
    },
  }
}

/** What changes in a database also outdates responses about all clinics. */
function outdate(cache: ResponseCache, { engine, freshness, calendar }: OpenShard): void {
  engine.onCommitted((committed) => cache.drop(changesOfCommitted(committed)))
  freshness.tail.subscribe((entries) => {
    for (const entry of entries) if (!calendar.isOwn(entry)) cache.drop(changesOfEntry(entry, calendar))
  })
}

/** While the log of a database cannot be read, a response may lack what has changed there. */
function trustWhileAllAreTrusted(cache: ResponseCache, all: readonly OpenShard[]): void {
  const trusted = new Set(all)
  for (const open of all) {
    open.freshness.onTrust((isTrusted) => {
      if (isTrusted) trusted.add(open)
      else trusted.delete(open)
      cache.trust(trusted.size === all.length)
    })
  }
}
