import {
  migrationStatus,
  readUpkeepResults,
  readWorkResults,
  type UpkeepResult,
  type WorkResult,
} from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { partitionSecondsLeft } from '../observe/read-database-figures.ts'

/** What is known of a database beside its figures. */
export type DatabaseDetails = {
  /** Of PostgreSQL. */
  version: string
  /** The database's clock. */
  now: Date
  /** How many files of the schema and its functions have not been applied. */
  pending: number
  /** null: it is not migrated yet, and nothing is recorded. */
  recorded: Recorded | null
}

type Recorded = {
  work: readonly WorkResult[]
  /** The last verification of this database. */
  verify: UpkeepResult
  /** Until it can write no more bookings. */
  partitionSecondsLeft: number
}

/** Reads a few rows of each table. @throws the driver's errors */
export async function readDetails(pool: pg.Pool): Promise<DatabaseDetails> {
  const { rows } = await pool.query<{ version: string; now: Date }>(sql`
    select current_setting('server_version') as version, clock_timestamp() as now`)
  const [server] = rows
  if (server === undefined) throw new Error('The database returned no row about itself.')
  const { pending } = await migrationStatus(pool)
  // What is pending may be a table.
  const recorded = pending.length > 0 ? await readRecorded(pool).catch(() => null) : await readRecorded(pool)
  return { ...server, pending: pending.length, recorded }
}

async function readRecorded(pool: pg.Pool): Promise<Recorded> {
  const { verify } = await readUpkeepResults(pool)
  const secondsLeft = await partitionSecondsLeft(pool)
  return { work: await readWorkResults(pool), verify, partitionSecondsLeft: secondsLeft }
}
