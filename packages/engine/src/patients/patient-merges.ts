import { patientLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { recordMerged } from '../bookings/record-merged.ts'
import { completeWrite } from '../database/database-unavailable.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type {
  LikelyDuplicate,
  MergedField,
  MergedRecord,
  MergePatientsOutcome,
  Patients,
  UnmergePatientOutcome,
} from '../model/patient-record.ts'
import { orTaken } from './patient-records.ts'
import { selectedRecord } from './record-columns.ts'

const columnOf: Partial<Record<MergedField, string>> = { birthDate: 'birth_date' }

/** Two records of one patient: they are found, merged, and separated again. */
export function patientMerges(
  pool: pg.Pool,
  record: Patients['record'],
): Pick<Patients, 'duplicates' | 'merge' | 'unmerge' | 'mergedInto'> {
  /** As it is then: somebody may have changed or erased it since. */
  const recordAfter = async <Kind extends string>(kind: Kind, patientId: string) => {
    const found = await completeWrite(() => record(patientId))
    return found === null ? { kind: 'patient_missing' as const } : { kind, record: found }
  }
  const outcomeOf = async (query: Sql) => {
    const { rows } = await pool.query<{ outcome: string }>(query)
    const [row] = rows
    if (row === undefined) throw new Error('A merge of records returned no row.')
    return row.outcome
  }
  return {
    async duplicates(patientId) {
      if (!isId(patientId)) return []
      const { rows } = await pool.query<LikelyDuplicate>(sql`
        select ${selectedRecord}, d.same
          from holdfast.likely_duplicates(${clinicNoOf(patientId)}::integer, ${patientId}::uuid,
                                          ${patientLimits.duplicatesMax}::integer) with ordinality d(id, same, n)
          join holdfast.patient p on p.clinic_no = ${clinicNoOf(patientId)}::integer and p.id = d.id
         order by d.n`)
      return rows
    },

    async merge({ keptId, mergedId, version, mergedVersion, taken, actorId }): Promise<MergePatientsOutcome> {
      if (!isId(keptId) || !isId(mergedId)) return { kind: 'patient_missing' }
      const columns = taken.map((field) => columnOf[field] ?? field)
      const outcome = await outcomeOf(sql`
        select holdfast.merge_patients(
          ${clinicNoOf(keptId)}::integer, ${keptId}::uuid, ${mergedId}::uuid, ${version}::integer,
          ${mergedVersion}::integer, ${columns}::text[], ${actorId}::uuid, ${patientLimits.identifiersMax}::integer
        ) as outcome`)
      const [kind, detail = ''] = outcome.split(':')
      switch (kind) {
        case 'done':
        case 'unchanged':
          return recordAfter(kind, keptId)
        case 'patient_missing':
          return { kind }
        case 'record_changed':
          return { kind, version: Number(detail) }
        case 'merge_too_large':
          return { kind, field: detail as 'notes' | 'flags' | 'identifiers' | 'guardians' }
        default:
          return recordMerged(outcome) ?? unknown(outcome)
      }
    },

    async unmerge(patientId, version): Promise<UnmergePatientOutcome> {
      if (!isId(patientId)) return { kind: 'patient_missing' }
      return orTaken(async () => {
        const outcome = await outcomeOf(sql`
          select holdfast.unmerge_patient(
            ${clinicNoOf(patientId)}::integer, ${patientId}::uuid, ${version}::integer) as outcome`)
        const [kind, detail = ''] = outcome.split(':')
        switch (kind) {
          case 'done':
          case 'unchanged': {
            const after = await recordAfter(kind, patientId)
            return after.kind === 'patient_missing' ? after : { ...after, separatedFrom: detail || null }
          }
          case 'patient_missing':
            return { kind }
          case 'record_changed':
            return { kind, version: Number(detail) }
          case 'merged_further':
            return { kind, mergedId: detail }
          default:
            return unknown(outcome)
        }
      })
    },

    async mergedInto(patientId) {
      if (!isId(patientId)) return []
      const { rows } = await pool.query<Omit<MergedRecord, 'mergedAt'> & { mergedAt: string }>(sql`
        select p.id, p.name, p.mrn, p.birth_date as "birthDate", p.version, p.merge->>'at' as "mergedAt",
               nullif(p.merge->>'into', p.merged_into::text) as through
          from holdfast.patient p
         where p.clinic_no = ${clinicNoOf(patientId)} and p.merged_into = ${patientId}
         order by p.merge->>'at' desc, p.id`)
      return rows.map(({ mergedAt, ...merged }) => ({ ...merged, mergedAt: new Date(mergedAt) }))
    },
  }
}

function unknown(outcome: string): never {
  throw new Error(`The database returned the outcome ${JSON.stringify(outcome)}, which this version does not know.`)
}
