import { migrationStatus, readWorkResults, type WorkResult } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'

/** What is known of a database beside its figures. */
export type DatabaseDetails = {
  /** Of PostgreSQL. */
  version: string
  /** The database's clock. */
  now: Date
  /** How many files of the schema and its functions have not been applied. */
  pending: number
  /** null: it is not migrated yet, and nothing is recorded. */
  work: readonly WorkResult[] | null
}

/** Reads a few rows of each table. @throws the driver's errors */
export async function readDetails(pool: pg.Pool): Promise<DatabaseDetails> {
  const { rows } = await pool.query<{ version: string; now: Date }>(sql`
    select current_setting('server_version') as version, clock_timestamp() as now`)
  const [server] = rows
  if (server === undefined) throw new Error('The database returned no row about itself.')
  const { pending } = await migrationStatus(pool)
  // What is pending may be the table.
  const work = pending.length > 0 ? await readWorkResults(pool).catch(() => null) : await readWorkResults(pool)
  return { ...server, pending: pending.length, work }
}
