import {
  type Directory,
  directoryNo,
  drainedShards,
  emptiestShard,
  findClinicShard,
  placeClinic,
  promptly,
  recentBookings,
} from '@holdfast/engine'
import type { ClinicMap } from './clinic-map.ts'
import type { OpenShard } from './open-shard.ts'
import { createRecentCounts } from './recent-counts.ts'
import { unknownDatabase } from './unknown-database.ts'

/** Creates clinics in the emptiest database that can be read; none in a drained one. */
export function createClinicIn(
  opened: ReadonlyMap<number, OpenShard>,
  mapOf: () => ClinicMap,
): Directory['createClinic'] {
  const countIn = createRecentCounts<OpenShard>(({ pools }) => recentBookings(pools.general))
  async function emptiest(directoryPool: OpenShard['pools']['general']): Promise<number> {
    const map = mapOf()
    const drained = await drainedShards(directoryPool)
    const open = [...opened].filter(([no]) => !drained.has(no))
    const found = await Promise.all(
      open.map(async ([no, shard]) => {
        if (!shard.isReadable()) return []
        // One whose bookings take too long to count has many.
        const bookings = await promptly(countIn(shard)).catch(() => Number.POSITIVE_INFINITY)
        return shard.isReadable() ? [{ no, bookings, clinics: map.count(no) }] : []
      }),
    )
    return emptiestShard(found.flat()) ?? directoryNo
  }
  return async (clinic, writeKey) => {
    const directory = opened.get(directoryNo)
    if (directory === undefined) throw new Error('The directory is not open.')
    const placed = await placeClinic(directory.pools.general, writeKey, await emptiest(directory.pools.general))
    const { clinicNo } = placed
    // A clinic that an earlier request has created may have moved since.
    const shardNo = (await findClinicShard(directory.pools.general, clinicNo)) ?? placed.shardNo
    mapOf().set(clinicNo, shardNo)
    const open = opened.get(shardNo)
    if (open === undefined) throw unknownDatabase(shardNo)
    return open.ownDirectory.createClinic(clinic, writeKey, clinicNo)
  }
}
