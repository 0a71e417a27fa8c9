import { type DatabasePool, inTransaction } from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import sql, { raw } from 'sql-template-tag'
import { refuseWhileRunning } from './refuse-while-running.ts'

/** A database whose new sessions are read-only. */
export type ClosedDatabase = {
  /** @throws CommandRefusal if Holdfast has a session that is older, and may write */
  refuseWriters(): Promise<void>
}

/**
 * Makes a database read-only for new sessions while `work` runs: a server that starts meanwhile accepts no booking. It
 * stays so if the result is to `keep` it; otherwise, also after an error, sessions may write again. A process that is
 * killed leaves it read-only.
 */
export async function whileClosed<Result>(
  pool: DatabasePool,
  note: (line: string) => void,
  work: (database: ClosedDatabase) => Promise<{ keep: boolean; result: Result }>,
): Promise<Result> {
  const wasClosed = await isClosed(pool)
  if (wasClosed) note('The old database is read-only already: a move has ended, or was interrupted. It is moved again.')
  else await change(pool, 'set default_transaction_read_only = on')
  let stays = wasClosed
  try {
    const { rows } = await pool.query<{ at: string }>(sql`select clock_timestamp()::text as at`)
    const { keep, result } = await work({ refuseWriters: () => refuseWhileRunning(pool, rows[0]?.at ?? null) })
    stays ||= keep
    return result
  } finally {
    if (!stays) await reopenOrNote(pool, note)
  }
}

/** Lets new sessions of a database write again. @returns whether they could not */
export async function reopen(pool: DatabasePool): Promise<boolean> {
  if (!(await isClosed(pool))) return false
  await change(pool, 'reset default_transaction_read_only')
  return true
}

/** The setting of the database, whatever that of this session is. */
async function isClosed(pool: DatabasePool): Promise<boolean> {
  const { rowCount } = await pool.query(sql`
    select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
     where d.datname = current_database() and s.setrole = 0
       and 'default_transaction_read_only=on' = any(s.setconfig)`)
  return rowCount === 1
}

async function reopenOrNote(pool: DatabasePool, note: (line: string) => void): Promise<void> {
  await reopen(pool).catch((error: unknown) => {
    note(`The old database is still read-only (${messageOf(error)}): run \`holdfast move-database --reopen\`.`)
  })
}

function change(pool: DatabasePool, setting: string): Promise<unknown> {
  const write = async (transaction: { query: DatabasePool['query'] }) => {
    const { rows } = await transaction.query<{ name: string }>(sql`select quote_ident(current_database()) as name`)
    return transaction.query(sql`alter database ${raw(rows[0]?.name ?? '')} ${raw(setting)}`)
  }
  return inTransaction(pool, write, 'begin read write')
}
