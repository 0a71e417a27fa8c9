import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction, largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import type { EraseRecordOutcome, Patients } from '../model/patient-record.ts'
import type { OnceResult, WriteKey } from '../model/stored-responses.ts'
import { runOnce } from '../stored-responses/run-once.ts'

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
type Result = { outcome: Erased; resourceIds: string[]; tx: string | null }
type Request = Omit<Parameters<Patients['erase']>[0], 'writeKey'>

/** An erasure is stored with its key: without the patient, a retry would find nobody to erase. */
export function recordErasures(pool: pg.Pool, announce: Announce): Pick<Patients, 'erase'> {
  return {
    async erase({ writeKey = null, ...request }) {
      const result = await eraseOnce(pool, request, writeKey)
      if (result.kind === 'key_reused') return result
      const { outcome, resourceIds, tx } = result.value
      const isRepeated = result.kind === 'replayed'
      // What was found done may have lost its announcement with its result.
      if (tx !== null) announceErased(announce, request.clinicNo, resourceIds, isRepeated ? null : tx)
      return outcome.kind === 'erased' && isRepeated ? { ...outcome, kind: 'replayed' } : outcome
    },
  }
}

async function eraseOnce(pool: pg.Pool, request: Request, writeKey: WriteKey): Promise<OnceResult<Result>> {
  if (writeKey === null) return { kind: 'done', value: await erase(pool, request) }
  return inTransaction(pool, (transaction) =>
    runOnce(
      transaction,
      { writeKey, clinicNo: request.clinicNo },
      () => erase(transaction, request),
      ({ outcome }) => outcome.kind === 'erased',
    ),
  )
}

async function erase(connection: pg.Pool | pg.PoolClient, { clinicNo, of, actorId }: Request): Promise<Result> {
  const [patientId, mrn] = 'patientId' in of ? [of.patientId, null] : [null, of.mrn]
  const statement = sql`
    select * from holdfast.erase_record(${clinicNo}::integer, ${patientId}::uuid, ${mrn}::text, ${actorId}::uuid)`
  const { rows } = await connection.query<ErasedRow>(withQueryTimeout(statement, largeWriteMs))
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

/** An erasure changes no counts. Without bookings, requests of the clinic's theatre may have changed. */
function announceErased(announce: Announce, clinicNo: number, ids: readonly string[], position: string | null): void {
  announce({
    kind: 'bookings',
    position,
    clinicNos: new Set(ids.length === 0 ? [clinicNo] : []),
    doctorIds: new Set(ids),
    accountIds: new Set(),
    ...noSlots,
  })
}
