import type pg from 'pg'
import sql from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import type { EraseRecordOutcome, Patients } from '../model/patient-record.ts'
import { requireNoneInTransit } from './months-in-transit.ts'
import type { PatientSearch } from './search-for-patient.ts'

type ErasedRow = {
  outcome: Erased['kind']
  bookings: number
  cases: number
  requests: number
  booking_ids: string[]
  case_ids: string[]
  request_ids: string[]
  resource_ids: string[]
  tx: string | null
}
type Erased =
  | Extract<EraseRecordOutcome, { kind: 'in_use' | 'patient_missing' }>
  | { kind: 'erased'; bookings: number; cases: number; requests: number }
/** What became of it, and whose bookings were erased by which transaction. */
export type ResultOfRecord = { outcome: Erased; resourceIds: string[]; tx: string | null }
export type RecordToErase = Omit<Parameters<Patients['erase']>[0], 'writeKey'>

/**
 * Erases a patient's record, and what is linked to it: erase_record. In a transaction, which must be rolled back if it
 * fails: the record must not be gone before all that is linked to it could be found.
 *
 * @throws MonthsInTransit
 */
export async function eraseRecord(
  client: pg.PoolClient,
  { clinicNo, of, actorId }: RecordToErase,
): Promise<ResultOfRecord> {
  const [patientId, mrn] = 'patientId' in of ? [of.patientId, null] : [null, of.mrn]
  await requireNoneInTransit(client, clinicNo)
  const statement = sql`
    select * from holdfast.erase_record(${clinicNo}::integer, ${patientId}::uuid, ${mrn}::text, ${actorId}::uuid)`
  const { rows } = await client.query<ErasedRow>(withQueryTimeout(statement, largeWriteMs))
  // A month may have left meanwhile.
  await requireNoneInTransit(client, clinicNo)
  const [row] = rows
  if (row === undefined) throw new Error('erase_record returned no row.')
  return { outcome: outcomeOf(row), resourceIds: row.resource_ids ?? [], tx: row.tx }
}

function outcomeOf(row: ErasedRow): Erased {
  switch (row.outcome) {
    case 'erased':
      return { kind: 'erased', bookings: row.bookings, cases: row.cases, requests: row.requests }
    case 'in_use':
      return { kind: 'in_use', bookingIds: row.booking_ids, caseIds: row.case_ids, requestIds: row.request_ids }
    case 'patient_missing':
      return { kind: 'patient_missing' }
  }
}

/** The ids of the records of a clinic that a search finds. */
export async function recordsOf(pool: pg.Pool, clinicNo: number, search: PatientSearch): Promise<string[]> {
  const statement = sql`
    select b.id, b.patient->>'phone' as phone
      from (select p.id, null::uuid as account_id, jsonb_build_object('email', p.email, 'phone', p.phone) as patient
              from holdfast.patient p where p.clinic_no = ${clinicNo} and p.erased_at is null) b
     where ${search.condition}`
  const { rows } = await pool.query<{ id: string; phone: string | null }>(withQueryTimeout(statement, largeWriteMs))
  return rows.filter(({ phone }) => search.matches(phone)).map(({ id }) => id)
}

/** The ids of the records that bookings of a clinic are linked to. */
export async function linkedRecords(pool: pg.Pool, clinicNo: number, bookingIds: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(sql`
    select distinct l.patient_id as id from holdfast.booking_patient l
     where l.clinic_no = ${clinicNo} and l.booking_id = any (${bookingIds}::uuid[])`)
  return rows.map(({ id }) => id)
}

/** Those of the records that are not erased, by id. */
export async function recordsNotErased(pool: pg.Pool, clinicNo: number, ids: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(sql`
    select t.id from holdfast.patient t
     where t.clinic_no = ${clinicNo} and t.id = any (${ids}::uuid[]) and t.erased_at is null order by t.id`)
  return rows.map(({ id }) => id)
}
