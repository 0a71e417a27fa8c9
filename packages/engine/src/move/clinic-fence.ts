import pg from 'pg'
import sql, { raw, type Sql } from 'sql-template-tag'
import { inClientTransaction } from '../database/client-transaction.ts'
import { repeatWhileLocked } from '../database/repeat-while-locked.ts'
import type { ClinicTable } from './clinic-tables.ts'
import { tableName } from './moved-tables.ts'

/** Others wait behind a lock that is not granted yet, so the tries are short. */
const lockTimeoutMs = 500

/** The setting by which the move itself is let through, see refuse_moving_clinic.sql. */
export function letThrough(clinicNo: number) {
  return sql`select set_config('holdfast.moving_clinic', ${String(clinicNo)}, true)`
}

/**
 * Refuses changes of a clinic's rows in these tables. When it returns, whatever has changed some has committed or was
 * rolled back. Table by table: a transaction that has changed one table, and is refused in the next, is rolled back as
 * a whole. With the locks of several tables, it would deadlock with such transactions. Idempotent.
 *
 * @throws the lock timeout, after a number of tries
 */
export async function refuseChanges(
  source: pg.Client,
  clinicNo: number,
  tables: readonly ClinicTable[],
): Promise<void> {
  const fenced = await fencedTables(source, clinicNo)
  for (const table of tables) {
    if (!table.isRefused || fenced.has(table.name)) continue
    await whileLocked(
      source,
      sql`
      create trigger ${trigger(clinicNo)} before insert or update or delete on ${raw(tableName(table))}
         for each row execute function holdfast.refuse_moving_clinic(${raw(String(clinicNo))})`,
    )
  }
}

/** Allows changes of a clinic's rows again. Idempotent. */
export async function allowChanges(database: pg.Client, clinicNo: number): Promise<void> {
  for (const table of await fencedTables(database, clinicNo)) {
    const name = raw(`holdfast.${pg.escapeIdentifier(table)}`)
    await whileLocked(database, sql`drop trigger if exists ${trigger(clinicNo)} on ${name}`)
  }
}

function whileLocked(client: pg.Client, statement: Sql): Promise<void> {
  const work = () =>
    inClientTransaction(client, async () => {
      await client.query(sql`select set_config('lock_timeout', ${`${lockTimeoutMs}ms`}, true)`)
      await client.query(statement)
    })
  return repeatWhileLocked(work, { lockTimeoutMs })
}

/** The names of the tables that refuse changes of the clinic's rows. */
export async function fencedTables(database: pg.Client, clinicNo: number): Promise<Set<string>> {
  const { rows } = await database.query<{ name: string }>(sql`
    select c.relname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where t.tgname = ${nameOf(clinicNo)} and t.tgparentid = 0 and c.relnamespace = 'holdfast'::regnamespace`)
  return new Set(rows.map(({ name }) => name))
}

function trigger(clinicNo: number) {
  return raw(nameOf(clinicNo))
}

function nameOf(clinicNo: number): string {
  return `moving_clinic_${clinicNo}`
}
