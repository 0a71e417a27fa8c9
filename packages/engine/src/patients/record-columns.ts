import sql from 'sql-template-tag'
import type { Columns } from '../database/columns-sql.ts'
import { guardiansIn } from '../database/guardians-sql.ts'
import type { PatientFields } from '../model/patient-record.ts'

/** The columns of a PatientRecord, of record `p`. */
export const selectedRecord = sql`
  p.id, p.clinic_no as "clinicNo", p.mrn, p.name, p.birth_date as "birthDate", p.sex, p.phone, p.email, p.address,
  p.language, p.flags, p.notes, p.identifiers, ${guardiansIn(sql`p.guardians`)} as guardians, p.version,
  p.merged_into as "mergedInto", p.created_at as "createdAt", p.updated_at as "updatedAt"`

/** What is undefined is left out. */
export function columnsOf({ identifiers, guardians, birthDate, ...fields }: Partial<PatientFields>): Columns {
  return {
    ...fields,
    birth_date: birthDate,
    identifiers: identifiers === undefined ? undefined : JSON.stringify(identifiers),
    guardians: guardians === undefined ? undefined : JSON.stringify(guardians),
  }
}
