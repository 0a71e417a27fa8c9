import type pg from 'pg'
import sql from 'sql-template-tag'
import { type Announce, type Committed, noSlots } from '../model/committed.ts'
import { throwIfTaken } from './external-ids.ts'
import { inTransaction } from './pools.ts'

/** Runs `work` in one transaction, announces what it wrote after COMMIT, and then resolves. */
export type AnnouncedTransaction = <Result>(work: (transaction: pg.PoolClient) => Promise<Result>) => Promise<Result>

/** @param committedBy what the transaction wrote, called in it after `work`; null: nothing, so nothing is announced */
export async function inAnnouncedTransaction<Result>(
  pool: pg.Pool,
  announce: Announce,
  work: (transaction: pg.PoolClient) => Promise<Result>,
  committedBy: (transaction: pg.PoolClient, result: Result) => Promise<Committed | null>,
): Promise<Result> {
  const { result, committed } = await inTransaction(pool, async (transaction) => {
    const result = await work(transaction)
    return { result, committed: await committedBy(transaction, result) }
  })
  if (committed !== null) announce(committed)
  return result
}

/**
 * For writes of clinics, doctors and slots. What to announce is read from `directory_change`, which triggers fill, so
 * that an announcement names exactly what the log's readers will see. It throws ExternalIdTaken if something else has
 * an external id that is set.
 */
export function directoryTransaction(pool: pg.Pool, announce: Announce): AnnouncedTransaction {
  return (work) => inAnnouncedTransaction(pool, announce, work, directoryChanges).catch(throwIfTaken)
}

/** Announces a write that was found done: see {@link Committed.position}. */
export function announceRepeat(
  announce: Announce,
  { clinicNos = [], doctorIds = [] }: { clinicNos?: number[]; doctorIds?: string[] },
): void {
  announce({
    kind: 'directory',
    position: null,
    clinicNos: new Set(clinicNos),
    doctorIds: new Set(doctorIds),
    accountIds: new Set(),
    ...noSlots,
  })
}

async function directoryChanges(transaction: pg.PoolClient): Promise<Committed | null> {
  const { rows } = await transaction.query<{ position: string; clinic_no: number; resource_id: string | null }>(sql`
    select distinct xid::text as position, clinic_no, resource_id
      from holdfast.directory_change
     where xid = pg_current_xact_id_if_assigned()`)
  const [first] = rows
  if (first === undefined) return null
  return {
    kind: 'directory',
    position: first.position,
    clinicNos: new Set(rows.filter((row) => row.resource_id === null).map((row) => row.clinic_no)),
    doctorIds: new Set(rows.map((row) => row.resource_id).filter((id) => id !== null)),
    accountIds: new Set(),
    ...noSlots,
  }
}

/** The id of the transaction, for writes that are not in the log. */
export async function transactionId(transaction: pg.PoolClient): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(sql`select pg_current_xact_id()::text as id`)
  const id = rows[0]?.id
  if (id === undefined) throw new Error('pg_current_xact_id returned no row.')
  return id
}
