import type pg from 'pg'
import sql from 'sql-template-tag'
import { advisoryLocks } from '../database/advisory-locks.ts'
import { ArchiveRefused } from './archive-refused.ts'

export type ArchivedMonth = {
  /** YYYY-MM */
  month: string
  state: 'moving' | 'archived' | 'loading' | 'restoring'
  fileName: string | null
  checksum: Buffer | null
  bookings: number | null
  slots: number | null
  events: number | null
}

const rowsPerDeletion = 5_000
const slotsPerMove = 200

/** Runs `work` on one connection with the lock of all archiving: once at a time. @throws ArchiveRefused running */
export async function inArchiveSession<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<{ locked: boolean }>(sql`
      select pg_try_advisory_lock(${advisoryLocks.archive[0]}, ${advisoryLocks.archive[1]}) as locked`)
    if (rows[0]?.locked !== true) {
      throw new ArchiveRefused('running', 'months of this database are being archived or restored by another process')
    }
    return await work(client)
  } finally {
    // This is for a process that begins at once; the end of the session releases it too, but later.
    await client.query('select pg_advisory_unlock_all()').catch(() => undefined)
    client.release(true)
  }
}

/** The first day of a month, as stored. */
export function dayOf(month: string): string {
  return `${month}-01`
}

export async function archivedMonths(connection: pg.Pool | pg.PoolClient): Promise<ArchivedMonth[]> {
  const { rows } = await connection.query<ArchivedMonth>(sql`
    select to_char(month, 'YYYY-MM') as month, state, file_name as "fileName", checksum, bookings, slots, events
      from holdfast.archived_month order by month`)
  return rows
}

export async function archivedMonth(client: pg.PoolClient, month: string): Promise<ArchivedMonth | null> {
  return (await archivedMonths(client)).find((one) => one.month === month) ?? null
}

/** Deletes what is in the file as well, in short transactions. */
export async function deleteArchivedRows(client: pg.PoolClient, month: string): Promise<void> {
  for (let deleted = rowsPerDeletion; deleted >= rowsPerDeletion; ) {
    const { rowCount } = await client.query(sql`
      delete from holdfast.archived_row
       where (clinic_no, place) in (select clinic_no, place from holdfast.archived_row
                                     where month = ${dayOf(month)} order by place limit ${rowsPerDeletion})`)
    deleted = rowCount ?? 0
  }
}

/** Moves a month's rows from `archived_row` back to their tables, in short transactions; then it is not archived. */
export async function moveRowsBack(
  client: pg.PoolClient,
  month: string,
  onMoved: () => void = () => undefined,
): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ moved: number }>(sql`
      select holdfast.restore_archived_rows(${dayOf(month)}, ${slotsPerMove}) as moved`)
    if ((rows[0]?.moved ?? 0) === 0) break
    onMoved()
  }
  await client.query(sql`delete from holdfast.archived_month where month = ${dayOf(month)}`)
}

/** The newest migration of the database. */
export async function schemaOf(client: pg.PoolClient): Promise<{ version: number; name: string }> {
  const { rows } = await client.query<{ version: number; name: string }>(sql`
    select version, name from holdfast.migration order by version desc limit 1`)
  const [schema] = rows
  if (schema === undefined) throw new Error('The database has no migrations.')
  return schema
}
