import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction, largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import type { OnceResult, WriteKey } from '../model/stored-responses.ts'
import type { Theatre } from '../model/theatre.ts'
import { runOnce } from '../stored-responses/run-once.ts'

type ErasedRow = {
  outcome: Erased['kind']
  cases: number
  requests: number
  case_ids: string[]
  request_ids: string[]
  tx: string | null
}

/** An erasure is stored with its key: without the patient, a retry would find nobody to erase. */
export function patientErasures(pool: pg.Pool, announce: Announce): Pick<Theatre, 'erasePatient'> {
  return {
    async erasePatient({ writeKey = null, ...request }) {
      const result = await eraseOnce(pool, request, writeKey)
      if (result.kind === 'key_reused') return result
      const { tx, ...outcome } = result.value
      const isRepeated = result.kind === 'replayed'
      // What was found done may have lost its announcement with its result.
      if (tx !== null) announceClinic(announce, request.clinicNo, isRepeated ? null : tx)
      return outcome.kind === 'erased' && isRepeated ? { ...outcome, kind: 'replayed' } : outcome
    },
  }
}

type Erased = (
  | { kind: 'erased'; cases: number; requests: number }
  | { kind: 'in_use'; caseIds: string[]; requestIds: string[] }
  | { kind: 'patient_missing' }
) & { tx: string | null }
type Request = Omit<Parameters<Theatre['erasePatient']>[0], 'writeKey'>

async function eraseOnce(pool: pg.Pool, request: Request, writeKey: WriteKey): Promise<OnceResult<Erased>> {
  if (writeKey === null) return { kind: 'done', value: await erase(pool, request) }
  return inTransaction(pool, (transaction) =>
    runOnce(
      transaction,
      { writeKey, clinicNo: request.clinicNo },
      () => erase(transaction, request),
      ({ kind }) => kind === 'erased',
    ),
  )
}

async function erase(connection: pg.Pool | pg.PoolClient, { clinicNo, mrn, actorId }: Request): Promise<Erased> {
  const statement = sql`
    select * from holdfast.erase_theatre_patient(${clinicNo}::integer, ${mrn}::text, ${actorId}::uuid)`
  const { rows } = await connection.query<ErasedRow>(withQueryTimeout(statement, largeWriteMs))
  const [row] = rows
  if (row === undefined) throw new Error('erase_theatre_patient returned no row.')
  const { tx } = row
  switch (row.outcome) {
    case 'erased':
      return { kind: 'erased', cases: row.cases, requests: row.requests, tx }
    case 'in_use':
      return { kind: 'in_use', caseIds: row.case_ids, requestIds: row.request_ids, tx }
    case 'patient_missing':
      return { kind: 'patient_missing', tx }
  }
}

/** Cases in any rooms may have changed. */
function announceClinic(announce: Announce, clinicNo: number, position: string | null): void {
  announce({
    kind: 'bookings',
    position,
    clinicNos: new Set([clinicNo]),
    doctorIds: new Set(),
    accountIds: new Set(),
    ...noSlots,
  })
}
