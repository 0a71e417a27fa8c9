import { directoryNo, findClinicShard, readClinicShards } from '@holdfast/engine'
import type pg from 'pg'

/** Which of several databases has which clinic, from memory. */
export type ClinicMap = {
  /** The number of the clinic's database; null: the clinic is not known yet, see `find`. */
  of(clinicNo: number): number | null
  /** Looks for a clinic in the directory. What no database has is the directory's, which says that it is not there. */
  find(clinicNo: number): Promise<number>
  /** Notes where a clinic is. */
  set(clinicNo: number, shardNo: number): void
  /** How many clinics a database is known to have. */
  count(shardNo: number): number
}

/** @param directory as the application */
export async function openClinicMap(directory: pg.Pool): Promise<ClinicMap> {
  const known = new Map((await readClinicShards(directory)).map(({ clinicNo, shardNo }) => [clinicNo, shardNo]))
  const lookups = new Map<number, Promise<number>>()
  async function lookUp(clinicNo: number): Promise<number> {
    const shardNo = await findClinicShard(directory, clinicNo)
    if (shardNo !== null) known.set(clinicNo, shardNo)
    return shardNo ?? directoryNo
  }
  return {
    of: (clinicNo) => known.get(clinicNo) ?? null,
    find(clinicNo) {
      const shardNo = known.get(clinicNo)
      if (shardNo !== undefined) return Promise.resolve(shardNo)
      return lookups.getOrInsertComputed(clinicNo, () => lookUp(clinicNo).finally(() => lookups.delete(clinicNo)))
    },
    set: (clinicNo, shardNo) => void known.set(clinicNo, shardNo),
    count: (shardNo) => known.values().reduce((sum, one) => sum + Number(one === shardNo), 0),
  }
}
