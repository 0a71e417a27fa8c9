import pg from 'pg'
import sql from 'sql-template-tag'
import { assignments, insertion } from '../database/columns-sql.ts'
import { inTransaction } from '../database/pools.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import type { PatientFields, PatientRecord, Patients, PatientTaken } from '../model/patient-record.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { columnsOf, selectedRecord } from './record-columns.ts'

/** What a constraint says that refuses a record. */
const takenBy: Readonly<Record<string, PatientTaken>> = {
  patient_mrn: { kind: 'mrn_taken' },
  patient_record_key: { kind: 'mrn_taken' },
  patient_identifier_pkey: { kind: 'identifier_taken' },
}

/** Records are plain rows. Nothing in memory depends on them. */
export function patientRecords(pool: pg.Pool): Pick<Patients, 'create' | 'update' | 'record'> {
  return {
    create: (clinicNo, fields, writeKey) =>
      orTaken(() =>
        inTransaction(pool, (transaction) =>
          runOnce(transaction, { writeKey, clinicNo }, async () => {
            const id = newId(clinicNo)
            const key = { clinic_no: clinicNo, id }
            // A case takes its patient: see lock_resources.
            await transaction.query(sql`
              insert into holdfast.resource ${insertion({ ...key, kind: 'patient', name: 'Patient' })}`)
            await transaction.query(sql`insert into holdfast.patient ${insertion({ ...key, ...columnsOf(fields) })}`)
            return { kind: 'created' as const, id }
          }),
        ),
      ),

    update: (patientId, version, change) =>
      orTaken(() =>
        inTransaction(pool, async (transaction) => {
          const found = await lockRecord(transaction, patientId)
          if (found === null) return { kind: 'patient_missing' }
          if (found.mergedInto !== null) return { kind: 'record_merged', mergedInto: found.mergedInto }
          // A repetition after a lost response comes with the version before.
          if (hasAll(found, change)) return { kind: 'unchanged', record: found }
          if (found.version !== version) return { kind: 'record_changed', version: found.version }
          const { rows } = await transaction.query<PatientRecord>(sql`
            update holdfast.patient p set ${assignments(columnsOf(change))}
             where p.clinic_no = ${found.clinicNo} and p.id = ${found.id}
            returning ${selectedRecord}`)
          const [record] = rows
          if (record === undefined) throw new Error(`The record ${patientId} was not updated under its lock.`)
          return { kind: 'done', record }
        }),
      ),

    async record(patientId) {
      if (!isId(patientId)) return null
      const { rows } = await pool.query<PatientRecord>(sql`
        select ${selectedRecord} from holdfast.patient p
         where p.clinic_no = ${clinicNoOf(patientId)} and p.id = ${patientId} and p.erased_at is null`)
      return rows[0] ?? null
    },
  }
}

async function lockRecord(transaction: pg.PoolClient, patientId: string): Promise<PatientRecord | null> {
  if (!isId(patientId)) return null
  const { rows } = await transaction.query<PatientRecord>(sql`
    select ${selectedRecord} from holdfast.patient p
     where p.clinic_no = ${clinicNoOf(patientId)} and p.id = ${patientId} and p.erased_at is null
       for no key update`)
  return rows[0] ?? null
}

function hasAll(record: PatientFields, change: Partial<PatientFields>): boolean {
  const names = Object.keys(change) as (keyof PatientFields)[]
  return names.every((name) => change[name] === undefined || textOf(record[name]) === textOf(change[name]))
}

/** jsonb has the fields of an identifier or a guardian in another order. */
function textOf(value: PatientFields[keyof PatientFields]): string {
  if (!Array.isArray(value)) return JSON.stringify(value)
  return JSON.stringify(value.map((one) => (typeof one === 'string' ? one : Object.entries(one).toSorted())))
}

/** The unique indexes judge, so that of two desks one is refused. */
export async function orTaken<Outcome>(write: () => Promise<Outcome>): Promise<Outcome | PatientTaken> {
  try {
    return await write()
  } catch (error) {
    const constraint = error instanceof pg.DatabaseError ? error.constraint : undefined
    const taken = constraint === undefined ? undefined : takenBy[constraint]
    if (taken === undefined) throw error
    return taken
  }
}
