import type pg from 'pg'
import sql from 'sql-template-tag'
import { readClinicShards } from './clinic-shards.ts'

/**
 * A clinic that is not where the directory says. `inShard`: the number of a database that has it; null: none of those
 * that were read has it. `notedIn`: the one that the directory names; null: it does not know the clinic. `inBoth`: the
 * one that it names has the clinic as well.
 */
export type MisplacedClinic = { clinicNo: number; inShard: number | null; notedIn: number | null; inBoth: boolean }

/**
 * Compares the directory's notes with the clinics of the databases. A note of a clinic in which nobody has a role is no
 * finding: it may be of one that was not created after all.
 *
 * @param directory as the owner or the application
 * @param shards the databases of the installation that can be read, by their numbers, the directory among them
 * @returns them sorted by number
 */
export async function misplacedClinics(
  directory: pg.Pool,
  shards: ReadonlyMap<number, pg.Pool>,
): Promise<MisplacedClinic[]> {
  const found: { clinicNo: number; shardNo: number }[] = []
  for (const [shardNo, shard] of shards) {
    for (const clinicNo of await clinicsOf(shard)) found.push({ clinicNo, shardNo })
  }
  // Read later: a clinic is noted before it is created.
  const { places } = await readClinicShards(directory)
  const noted = new Map(places.map(({ clinicNo, shardNo }) => [clinicNo, shardNo]))
  // Two databases may have it, until the move has ended.
  const moving = new Set(places.filter(({ isMoving }) => isMoving).map(({ clinicNo }) => clinicNo))
  const misplaced: MisplacedClinic[] = found
    .filter(({ clinicNo, shardNo }) => noted.get(clinicNo) !== shardNo && !moving.has(clinicNo))
    .map(({ clinicNo, shardNo: inShard }) => {
      const notedIn = noted.get(clinicNo) ?? null
      const inBoth = notedIn !== null && found.some((one) => one.clinicNo === clinicNo && one.shardNo === notedIn)
      return { clinicNo, inShard, notedIn, inBoth }
    })
  const seen = new Set(found.map(({ clinicNo }) => clinicNo))
  const missing = (await clinicsWithRoles(directory)).filter((clinicNo) => !seen.has(clinicNo))
  for (const [shardNo, shard] of shards) {
    const candidates = missing.filter((clinicNo) => noted.get(clinicNo) === shardNo)
    // One that was created meanwhile is there now.
    const lost = candidates.length === 0 ? [] : without(candidates, await clinicsOf(shard))
    misplaced.push(...lost.map((clinicNo) => ({ clinicNo, inShard: null, notedIn: shardNo, inBoth: false })))
  }
  return misplaced.sort((one, other) => one.clinicNo - other.clinicNo)
}

function without(numbers: readonly number[], others: readonly number[]): number[] {
  const known = new Set(others)
  return numbers.filter((number) => !known.has(number))
}

async function clinicsOf(shard: pg.Pool): Promise<number[]> {
  const { rows } = await shard.query<{ no: number }>(sql`select no from holdfast.clinic`)
  return rows.map(({ no }) => no)
}

async function clinicsWithRoles(directory: pg.Pool): Promise<number[]> {
  const { rows } = await directory.query<{ no: number }>(
    sql`select distinct clinic_no as no from holdfast.account_clinic`,
  )
  return rows.map(({ no }) => no)
}
