import type pg from 'pg'
import sql from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import type { Contact, OtherRecords } from '../model/erasure.ts'
import { recordsOf } from './erase-record.ts'
import { searchForPatient } from './search-for-patient.ts'

export const noOtherRecords: OtherRecords = { count: 0, records: [] }

const listedMax = 100

/**
 * Records that may be of the same person: those with one of the contacts, and those with the name and the date of birth
 * of one of the records. Only people can tell them from relatives.
 */
export async function otherRecords(
  pool: pg.Pool,
  clinicNo: number,
  { patientIds, contacts }: { patientIds: readonly string[]; contacts: readonly Contact[] },
): Promise<OtherRecords> {
  if (patientIds.length === 0) return noOtherRecords
  const ids = new Set<string>()
  for (const contact of contacts) {
    const search = await searchForPatient(pool, clinicNo, contact)
    for (const id of await recordsOf(pool, clinicNo, search)) ids.add(id)
  }
  const statement = sql`
    select p.id as "patientId", p.mrn as "recordNumber", count(*) over ()::integer as count
      from holdfast.patient p
     where p.clinic_no = ${clinicNo} and p.erased_at is null and p.merged_into is null
       and p.id <> all (${patientIds}::uuid[])
       and (p.id = any (${[...ids]}::uuid[])
            or exists (select from holdfast.patient k
                        where k.clinic_no = p.clinic_no and k.id = any (${patientIds}::uuid[])
                          and k.name_key = p.name_key and k.birth_date = p.birth_date))
     order by p.mrn, p.id limit ${listedMax}`
  const { rows } = await pool.query<OtherRecords['records'][number] & { count: number }>(
    withQueryTimeout(statement, largeWriteMs),
  )
  const records = rows.map(({ patientId, recordNumber }) => ({ patientId, recordNumber }))
  return { count: rows[0]?.count ?? 0, records }
}
