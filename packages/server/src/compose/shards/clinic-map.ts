import { setTimeout as delay } from 'node:timers/promises'
import {
  directoryNo,
  findClinicPlace,
  findClinicShard,
  moveNoticeMs,
  promptly,
  readClinicShards,
} from '@holdfast/engine'
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
  /** The number of a database that has clinics, and is none of these; null: there is none. */
  otherThan(shardNos: { has(shardNo: number): boolean }): number | null
  /**
   * How many moves of clinics this process has learned of; null: it has not asked the directory lately, and old rows of
   * a clinic that has moved may be gone.
   */
  known(): number | null
  /** Asks the directory again where a clinic is. @returns whether it is being moved */
  lookAgain(clinicNo: number): Promise<boolean>
  /** Asks the directory for clinics that were moved, again and again, until `signal` is aborted. */
  follow(signal: AbortSignal, everyMs?: number): Promise<void>
}

/** A clinic that was moved from one database to another. */
export type Moved = { clinicNo: number; from: number; to: number }

/** How often. Requests that meet the refusal of a clinic that has moved ask at once. */
const followMs = 500
/** For how long after it was asked a response counts, milliseconds: rows of what has moved since are still there. */
export const trustedMs = moveNoticeMs * 0.75

/** @param directory its pools: what is moved is also learned while requests wait for connections */
export async function openClinicMap(
  { general: directory, probes }: Record<'general' | 'probes', pg.Pool>,
  onMoved: (moved: Moved) => void,
): Promise<ClinicMap> {
  let askedAtMs = performance.now()
  let moves = 0
  const { places, until } = await readClinicShards(directory)
  const known = new Map<number, number>()
  const counts = new Map<number, number>()
  function set(clinicNo: number, shardNo: number): void {
    const from = known.get(clinicNo)
    if (from !== undefined) counts.set(from, (counts.get(from) ?? 0) - 1)
    counts.set(shardNo, (counts.get(shardNo) ?? 0) + 1)
    known.set(clinicNo, shardNo)
  }
  for (const { clinicNo, shardNo } of places) set(clinicNo, shardNo)
  function note(clinicNo: number, shardNo: number): void {
    const from = known.get(clinicNo)
    set(clinicNo, shardNo)
    if (from === undefined || from === shardNo) return
    moves += 1
    onMoved({ clinicNo, from, to: shardNo })
  }
  const lookups = new Map<number, Promise<number>>()
  async function lookUp(clinicNo: number): Promise<number> {
    const shardNo = await findClinicShard(directory, clinicNo)
    if (shardNo !== null) set(clinicNo, shardNo)
    return shardNo ?? directoryNo
  }
  const looks = new Map<number, Promise<boolean>>()
  async function lookAgain(clinicNo: number): Promise<boolean> {
    const place = await promptly(findClinicPlace(directory, clinicNo))
    if (place !== null) note(clinicNo, place.shardNo)
    return place?.isMoving === true
  }
  return {
    of: (clinicNo) => known.get(clinicNo) ?? null,
    find(clinicNo) {
      const shardNo = known.get(clinicNo)
      if (shardNo !== undefined) return Promise.resolve(shardNo)
      return lookups.getOrInsertComputed(clinicNo, () => lookUp(clinicNo).finally(() => lookups.delete(clinicNo)))
    },
    set,
    count: (shardNo) => counts.get(shardNo) ?? 0,
    otherThan(shardNos) {
      for (const [shardNo, count] of counts) if (count > 0 && !shardNos.has(shardNo)) return shardNo
      return null
    },
    // Where no place was ever noted, there is one database.
    known: () => (known.size === 0 || performance.now() - askedAtMs < trustedMs ? moves : null),
    lookAgain: (clinicNo) =>
      looks.getOrInsertComputed(clinicNo, () => lookAgain(clinicNo).finally(() => looks.delete(clinicNo))),
    async follow(signal, everyMs = followMs) {
      let since = until
      const read = async () => {
        const beganAtMs = performance.now()
        const later = await readClinicShards(probes, since)
        askedAtMs = beganAtMs
        since = later.until
        for (const { clinicNo, shardNo } of later.places) note(clinicNo, shardNo)
      }
      while (!signal.aborted) {
        // While the directory is away, no clinic is moved.
        await read().catch(() => undefined)
        await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
      }
    },
  }
}
