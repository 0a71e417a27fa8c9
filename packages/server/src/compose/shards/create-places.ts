import { ClinicMoving, directoryNo, isClinicHere, isConnectionLost, promptly } from '@holdfast/engine'
import type { Places } from '../../rest/places.ts'
import { type ClinicMap, trustedMs } from './clinic-map.ts'
import type { OpenShard } from './open-shard.ts'
import { unknownDatabase } from './unknown-database.ts'

type AskedShard = Pick<OpenShard, 'isReadable'> & { pools: Pick<OpenShard['pools'], 'probes'> }

type PlacesOptions = {
  map: ClinicMap
  shardOf(clinicNo: number): AskedShard
  /** Whether a clinic is in a database that this process does not know; null: none is. */
  elsewhere(): ((clinicNo: number) => boolean) | null
}

export function createPlaces({ map, shardOf, elsewhere }: PlacesOptions): Places {
  const requireClinic = createRequireClinic(shardOf)
  return {
    known: () => (elsewhere() === null ? map.known() : null),
    async requireHere(clinicNo) {
      if (elsewhere()?.(clinicNo) === true) throw unknownDatabase(map.of(clinicNo) ?? directoryNo)
      if (map.known() === null) await requireClinic(clinicNo)
    },
  }
}

/**
 * Asks the database that is known for a clinic whether it has all rows of it, while the directory cannot say where the
 * clinic is. Its response counts for as long as one of the directory. While the database cannot be read either,
 * responses are from memory, and from before that.
 *
 * @returns what throws ClinicMoving if it does not have them
 */
function createRequireClinic(shardOf: (clinicNo: number) => AskedShard): (clinicNo: number) => Promise<void> {
  const confirmed = new Map<number, { shard: AskedShard; askedAtMs: number }>()
  const asking = new Map<number, Promise<void>>()
  async function ask(clinicNo: number, shard: AskedShard): Promise<void> {
    const askedAtMs = performance.now()
    const isHere = await promptly(isClinicHere(shard.pools.probes, clinicNo)).catch((error: unknown) => {
      if (isConnectionLost(error)) return null
      throw error
    })
    if (isHere === false) throw new ClinicMoving(`The clinic ${clinicNo} has moved to another database.`)
    if (isHere === true) confirmed.set(clinicNo, { shard, askedAtMs })
  }
  return async (clinicNo) => {
    const shard = shardOf(clinicNo)
    const last = confirmed.get(clinicNo)
    if (last?.shard === shard && performance.now() - last.askedAtMs < trustedMs) return
    if (!shard.isReadable()) return
    await asking.getOrInsertComputed(clinicNo, () => ask(clinicNo, shard).finally(() => asking.delete(clinicNo)))
  }
}
