import type pg from 'pg'
import sql from 'sql-template-tag'
import { repeatUntilFewer } from '../database/repeat-until-fewer.ts'
import type { AuditHead } from '../model/audit-event.ts'

const rowsPerCallMax = 1_000

/**
 * Numbers and chains the events of the security log that were added since, in small transactions. Safe to call from any
 * number of processes at once. `signal` ends it between two transactions.
 *
 * @returns how many were sealed
 */
export function sealAuditEvents(pool: pg.Pool, signal?: AbortSignal): Promise<number> {
  const step = async () => {
    const { rows } = await pool.query<{ sealed: string }>(
      sql`select holdfast.seal_audit_events(${rowsPerCallMax}) as sealed`,
    )
    return Number(rows[0]?.sealed ?? 0)
  }
  return repeatUntilFewer(rowsPerCallMax, step, signal)
}

/** The ends of chains that have grown since they were stored outside of the database, at most `limit`. */
export async function unanchoredHeads(pool: pg.Pool, limit: number): Promise<AuditHead[]> {
  const { rows } = await pool.query<AuditHead>(sql`
    select clinic_no as "clinicNo", epoch::text as epoch, no::text as no, encode(hash, 'hex') as hash
      from holdfast.audit_chain where no > anchored_no order by clinic_no limit ${limit}`)
  return rows
}

/** Notes that these heads are stored outside of the database. */
export async function noteAnchored(pool: pg.Pool, heads: readonly AuditHead[]): Promise<void> {
  await pool.query(sql`
    update holdfast.audit_chain c set anchored_no = h.no
      from (select * from unnest(${heads.map(({ clinicNo }) => clinicNo)}::integer[],
                                 ${heads.map(({ epoch }) => epoch)}::bigint[],
                                 ${heads.map(({ no }) => no)}::bigint[]) as h(clinic_no, epoch, no)) h
     where c.clinic_no = h.clinic_no and c.epoch = h.epoch and c.no >= h.no and c.anchored_no < h.no`)
}
