import type pg from 'pg'
import { directoryTransaction } from '../database/announced-transaction.ts'
import { oneShard, type ShardPools } from '../database/shard-pools.ts'
import type { Announce } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'
import { clinicLogosOf } from './clinic-logos.ts'
import { clinicsOf } from './clinics.ts'
import { doctorsOf } from './doctors.ts'
import { membersOf } from './members.ts'
import { retentionOf } from './retention.ts'
import { secondFactorRuleOf } from './second-factor-rule.ts'
import { videoRoomsOf } from './video-rooms.ts'
import { visitResourcesOf } from './visit-resources.ts'
import { visitTypesOf } from './visit-types.ts'

/**
 * Clinics, doctors and members: plain reads and writes with the application's role. Lists are paginated by key.
 *
 * @param shards whose clinics and doctors are listed together
 * @throws InvalidCursor for a cursor that the list never returned; UnknownTimeZone for the zone of a clinic
 */
export function createDirectory(pool: pg.Pool, announce: Announce, shards: ShardPools = oneShard(pool)): Directory {
  const write = directoryTransaction(pool, announce)
  return {
    ...clinicsOf(shards, write, announce),
    ...clinicLogosOf(pool, write, announce),
    ...doctorsOf(shards, write, announce),
    ...membersOf(pool, announce),
    ...secondFactorRuleOf(pool, announce),
    ...retentionOf(pool),
    ...videoRoomsOf(pool, write),
    ...visitResourcesOf(pool, write, announce),
    ...visitTypesOf(pool, write, announce),
  }
}
