import type pg from 'pg'
import sql from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import type { Guardian } from '../model/patient-record.ts'
import type { PatientSearch } from './search-for-patient.ts'

/** A guardian, with the id by which the erasure is repeated, and in which record of a patient it is written. */
export type FoundGuardian = { patientId: string; guardian: Guardian & { id: string } }

/** The guardians of a clinic's records whom a search finds, also those of whom only the undoing of a merge knows. */
export async function guardiansOf(pool: pg.Pool, clinicNo: number, search: PatientSearch): Promise<FoundGuardian[]> {
  const statement = sql`
    select b.id as "patientId", b.patient as guardian
      from (select distinct p.id, null::uuid as account_id, g.guardian as patient
              from holdfast.patient p
             cross join lateral jsonb_array_elements(holdfast.stored_guardians(p.guardians, p.merge)) g(guardian)
             where p.clinic_no = ${clinicNo} and p.erased_at is null) b
     where ${search.condition}
     order by b.id, b.patient`
  const { rows } = await pool.query<FoundGuardian>(withQueryTimeout(statement, largeWriteMs))
  return rows.filter(({ guardian }) => search.matches(guardian.phone))
}

/** How often somebody may change a record between the search and the erasure. */
const searchesMax = 10

/**
 * Removes the guardians whom a search finds from the records of their patients. The records stay. What is
 * changed between the search and the erasure is found by the next search.
 *
 * @returns of how many patients
 * @throws Error if the last search still finds somebody
 */
export async function eraseGuardians(
  pool: pg.Pool,
  clinicNo: number,
  search: PatientSearch,
  onCommit: () => void,
): Promise<number> {
  const patientIds = new Set<string>()
  for (let searches = 0; searches < searchesMax; searches += 1) {
    const found = await guardiansOf(pool, clinicNo, search)
    if (found.length === 0) return patientIds.size
    const ids = [...new Set(found.map(({ patientId }) => patientId))]
    const { rows } = await pool.query<{ id: string }>(sql`
      select distinct coalesce(p.merged_into, p.id) as id from holdfast.patient p
       where p.clinic_no = ${clinicNo} and p.id = any (${ids}::uuid[])`)
    await eraseGuardiansById(pool, clinicNo, [...new Set(found.map(({ guardian }) => guardian.id))])
    onCommit()
    for (const { id } of rows) patientIds.add(id)
  }
  throw new Error(`After ${searchesMax} erasures there is still a guardian with this contact.`)
}

/**
 * erase_guardians
 *
 * @returns how many of them were in a record
 */
export async function eraseGuardiansById(pool: pg.Pool, clinicNo: number, ids: readonly string[]): Promise<number> {
  const statement = sql`select holdfast.erase_guardians(${clinicNo}, ${ids}::uuid[]) as count`
  const { rows } = await pool.query<{ count: number }>(withQueryTimeout(statement, largeWriteMs))
  return rows[0]?.count ?? 0
}
