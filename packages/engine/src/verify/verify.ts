import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction, longQueryMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import type { VerifyFinding, VerifyReport } from '../model/verify-report.ts'

export type VerifyQuery = {
  /** null: every clinic, one after the other. */
  clinicNo: number | null
  /** The most findings that are listed; all are counted. */
  detailsMax: number
}

type Chunk = { no: number; id: string }

type ClinicReport = Omit<VerifyReport, 'details'> & { details: Omit<VerifyFinding, 'clinicId'>[] }

const clinicsPerPage = 500

/** For bookings whose clinic does not exist, and what belongs to none. */
const noClinicId = '00000000-0000-0000-0000-000000000000'

/**
 * Recounts every slot from its bookings, checks every step of the log, rebuilds every booking from it and compares.
 * Does not block claims: each clinic is read from a separate snapshot, without locks. The database counts, so memory
 * here is bounded by `detailsMax`. A clinic of 10⁶ bookings and twice as many events takes five seconds on two cores.
 */
export async function verify(pool: pg.Pool, query: VerifyQuery): Promise<VerifyReport> {
  const report: VerifyReport = { slots: 0, bookings: 0, events: 0, overbooked: 0, mismatches: 0, details: [] }
  for await (const clinic of chunks(pool, query.clinicNo)) {
    const found = await verifyClinic(pool, clinic.no, query.detailsMax - report.details.length)
    report.slots += found.slots
    report.bookings += found.bookings
    report.events += found.events
    report.overbooked += found.overbooked
    report.mismatches += found.mismatches
    for (const detail of found.details) {
      const { kind, slotId, bookingId, message } = detail
      report.details.push({ kind, clinicId: clinic.id, slotId, bookingId, message })
    }
  }
  if (query.clinicNo === null) await addReceivers(pool, report, query.detailsMax)
  return report
}

/** What belongs to no clinic. */
async function addReceivers(pool: pg.Pool, report: VerifyReport, detailsMax: number): Promise<void> {
  const { rows } = await pool.query<Pick<VerifyFinding, 'kind' | 'message'>>(
    sql`select kind, message from holdfast.verify_receivers()`,
  )
  report.mismatches += rows.length
  for (const { kind, message } of rows.slice(0, Math.max(detailsMax - report.details.length, 0))) {
    report.details.push({ kind, clinicId: noClinicId, slotId: null, bookingId: null, message })
  }
}

async function verifyClinic(pool: pg.Pool, clinicNo: number, detailsMax: number): Promise<ClinicReport> {
  const report = await inTransaction(
    pool,
    async (transaction) => {
      // A large clinic may take longer than the pool's timeouts.
      await transaction.query('set local statement_timeout = 0')
      const statement = sql`select * from holdfast.verify_clinic(${clinicNo}, ${detailsMax})`
      const { rows } = await transaction.query<ClinicReport>(withQueryTimeout(statement, longQueryMs))
      return rows[0]
    },
    'begin isolation level repeatable read read only',
  )
  if (report === undefined) throw new Error('verify_clinic returned no row.')
  return report
}

async function* chunks(pool: pg.Pool, clinicNo: number | null): AsyncGenerator<Chunk> {
  if (clinicNo !== null) {
    const { rows } = await pool.query<Chunk>(sql`select no, id from holdfast.clinic where no = ${clinicNo}`)
    yield* rows
    return
  }
  for (let after = 0; ; ) {
    const { rows } = await pool.query<Chunk>(
      sql`select no, id from holdfast.clinic where no > ${after} order by no limit ${clinicsPerPage}`,
    )
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.no
  }
  const statement = sql`
    select b.clinic_no as no from holdfast.booking b
     where not exists (select from holdfast.clinic c where c.no = b.clinic_no)
     group by b.clinic_no limit ${clinicsPerPage}`
  const strays = await pool.query<{ no: number }>(withQueryTimeout(statement, longQueryMs))
  for (const { no } of strays.rows) yield { no, id: noClinicId }
}
