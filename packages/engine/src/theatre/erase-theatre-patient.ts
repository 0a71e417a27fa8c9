import type pg from 'pg'
import sql from 'sql-template-tag'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import type { PatientOfTheatreErased, Theatre } from '../model/theatre.ts'

type ErasedRow = {
  outcome: PatientOfTheatreErased['kind']
  cases: number
  requests: number
  case_ids: string[]
  request_ids: string[]
  tx: string | null
}

export function patientErasures(pool: pg.Pool, announce: Announce): Pick<Theatre, 'erasePatient'> {
  return {
    async erasePatient({ clinicNo, mrn, actorId }) {
      const statement = sql`
        select * from holdfast.erase_theatre_patient(${clinicNo}::integer, ${mrn}::text, ${actorId}::uuid)`
      const { rows } = await pool.query<ErasedRow>(withQueryTimeout(statement, largeWriteMs))
      const [row] = rows
      if (row === undefined) throw new Error('erase_theatre_patient returned no row.')
      if (row.tx !== null) announceClinic(announce, clinicNo, row.tx)
      switch (row.outcome) {
        case 'erased':
          return { kind: 'erased', cases: row.cases, requests: row.requests }
        case 'in_use':
          return { kind: 'in_use', caseIds: row.case_ids, requestIds: row.request_ids }
        case 'patient_missing':
          return { kind: 'patient_missing' }
      }
    },
  }
}

/** Cases in any rooms may have changed. */
function announceClinic(announce: Announce, clinicNo: number, position: string): void {
  announce({
    kind: 'bookings',
    position,
    clinicNos: new Set([clinicNo]),
    doctorIds: new Set(),
    accountIds: new Set(),
    ...noSlots,
  })
}
