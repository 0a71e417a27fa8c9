import type pg from 'pg'
import { oneShard, type ShardPools } from '../database/shard-pools.ts'
import type { Reads } from '../model/reads.ts'
import { verify } from '../verify/verify.ts'
import { alternativeReads } from './alternatives.ts'
import { bookingMoveReads } from './booking-moves.ts'
import { bookingReads } from './bookings.ts'
import { statsReads } from './clinic-stats-reads.ts'
import { eventReads } from './events-of-clinic.ts'
import { nearTimes } from './near-times.ts'
import { proofReads } from './proof.ts'
import { publicReads } from './public-reads.ts'
import { slotReads } from './slots.ts'

/**
 * The reads, which never wait for a write. Each result is of one moment, by the database's clock.
 *
 * @param shards whose bookings are counted, and listed for an account, together
 * @throws InvalidCursor for a cursor or position that the list never returned
 */
export function createReads(pool: pg.Pool, shards: ShardPools = oneShard(pool)): Reads {
  return {
    ...slotReads(pool),
    ...alternativeReads(pool),
    nearTimes: (query) => nearTimes(pool, query),
    ...bookingMoveReads(pool),
    ...bookingReads(pool, shards),
    ...eventReads(pool),
    ...statsReads(pool),
    ...proofReads(shards),
    ...publicReads(pool, shards),
    verify: (query) => verify(pool, query),
  }
}
