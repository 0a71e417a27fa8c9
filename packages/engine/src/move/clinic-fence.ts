import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import sql, { raw, type Sql } from 'sql-template-tag'
import { inClientTransaction } from '../database/client-transaction.ts'
import { isLockLost } from '../database/database-unavailable.ts'
import { repeatWhileLocked } from '../database/repeat-while-locked.ts'
import { type ClinicTable, clinicTables } from './clinic-tables.ts'
import { MoveRefused } from './move-database.ts'
import { tableName } from './moved-tables.ts'

/**
 * How long a try waits for each lock. To drop a trigger, it needs one of each month, and readers of all clinics wait
 * behind it. The last tries wait longer than deadlock_timeout (a second by default), since only then autovacuum gives
 * way; in the others, the move gives way in a deadlock.
 */
const lockTimeoutMs = (tries: number) => (tries <= shortTries ? 100 : 1_200)
const shortTries = 40
const triesMax = 45
const pauseMs = 100

/** The setting by which the move itself is let through, see refuse_moving_clinic.sql. */
export function letThrough(token: string) {
  return sql`select set_config('holdfast.moving_clinic', ${token}, true)`
}

/** Who refuses changes of a clinic, and for how long. */
export type Fence = { clinicNo: number; token: string; msMax: number }

/** Begins to refuse changes in the tables of {@link refuseChanges}, for a time, even if nobody ends it. */
export async function beginRefusing(source: pg.Client, { clinicNo, token, msMax }: Fence): Promise<void> {
  await source.query(sql`
    insert into holdfast.moving_clinic (clinic_no, token, refused_until)
    values (${clinicNo}, ${token}, clock_timestamp() + make_interval(secs => ${msMax / 1_000}))
    on conflict (clinic_no) do update set token = excluded.token, refused_until = excluded.refused_until`)
}

/**
 * Creates the triggers that refuse changes of a clinic's rows from {@link beginRefusing} on: that takes most of the
 * time, and changes go on meanwhile. Table by table: with the locks of several tables, it would deadlock with
 * transactions that change them in another order.
 *
 * @returns the tables that had theirs before
 * @throws MoveRefused if it does not get a lock
 */
export async function createTriggers(
  source: pg.Client,
  clinicNo: number,
  tables: readonly ClinicTable[],
): Promise<ClinicTable[]> {
  const fenced = await fencedTables(source, clinicNo)
  const refused = tables.filter(({ isRefused }) => isRefused)
  for (const table of refused.filter(({ name }) => !fenced.has(name))) {
    const statement = sql`
      create trigger ${trigger(clinicNo)} before insert or update or delete on ${raw(tableName(table))}
         for each row execute function holdfast.refuse_moving_clinic(${raw(String(clinicNo))})`
    await whileLocked(source, statement, noWork)
  }
  return refused.filter(({ name }) => fenced.has(name))
}

/**
 * Refuses changes of a clinic's rows in these tables. When it returns, whatever has changed some has committed or was
 * rolled back.
 *
 * @throws MoveRefused if it does not get a lock, or a transaction does not end
 */
export async function refuseChanges(
  source: pg.Client,
  { clinicNo }: Fence,
  tables: readonly ClinicTable[],
): Promise<void> {
  await untilUnchanged(source, await createTriggers(source, clinicNo, tables))
}

/** How long transactions that a trigger has let through are waited for, milliseconds. */
const changesMsMax = 10_000
const changesPollMs = 20

/**
 * Waits for the transactions that change these tables now: one that a trigger has let through before the refusal began
 * has the lock of its table until it ends. Later ones are refused. It takes no lock, behind which others would wait.
 *
 * @throws MoveRefused if one does not end
 */
async function untilUnchanged(source: pg.Client, tables: readonly ClinicTable[]): Promise<void> {
  const names = tables.map(tableName)
  const changing = async (among: readonly string[] | null): Promise<string[]> => {
    const { rows } = await source.query<{ transaction: string }>(sql`
      select distinct l.virtualtransaction as transaction
        from pg_locks l
       where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_backend_pid()
         and l.database = (select oid from pg_database where datname = current_database())
         and l.mode = 'RowExclusiveLock'
         and coalesce(pg_partition_root(l.relation), l.relation) = any (${names}::regclass[])
         and (${among}::text[] is null or l.virtualtransaction = any (${among}::text[]))`)
    return rows.map(({ transaction }) => transaction)
  }
  const deadline = performance.now() + changesMsMax
  for (let left = await changing(null); left.length > 0; left = await changing(left)) {
    if (performance.now() > deadline) throw lockedTooLong()
    await delay(changesPollMs)
  }
}

/**
 * Refuses changes from now on for good, before the copy is committed.
 *
 * @returns false: they were accepted meanwhile, so that the copy may lack some
 */
export async function refuseForGood(
  source: pg.Client,
  { clinicNo, token }: Fence,
  tables: readonly ClinicTable[],
): Promise<boolean> {
  const fenced = await fencedTables(source, clinicNo)
  if (tables.some(({ isRefused, name }) => isRefused && !fenced.has(name))) return false
  const { rows } = await source.query<{ until: string }>(sql`
    update holdfast.moving_clinic m set refused_until = 'infinity'
      from (select refused_until from holdfast.moving_clinic where clinic_no = ${clinicNo} for update) former
     where m.clinic_no = ${clinicNo} and m.token = ${token}
    returning former.refused_until::text as until`)
  const [former] = rows
  if (former === undefined) return false
  // Until the commit of the update, others have seen the time before.
  const { rows: found } = await source.query<{ inTime: boolean }>(
    sql`select clock_timestamp() < ${former.until}::timestamptz as "inTime"`,
  )
  return found[0]?.inTime === true
}

/** How long it may take to refuse changes of a copy, before they are refused for good. */
const refusingMsMax = 10 * 60_000

/**
 * Refuses changes of a clinic that another database has as well, for good: as if it had moved there. Idempotent.
 *
 * @throws MoveRefused if it does not get a lock
 */
export async function refuseCopy(database: pg.Client, clinicNo: number): Promise<void> {
  if (await isRefusedForGood(database, clinicNo)) return
  const tables = await clinicTables(database)
  const fence = { clinicNo, token: randomUUID(), msMax: refusingMsMax }
  await beginRefusing(database, fence)
  await refuseChanges(database, fence, tables)
  if (!(await refuseForGood(database, fence, tables))) throw new MoveRefused('another call has ended the refusal')
}

/** Whether changes of a clinic are refused until the move is continued. */
export async function isRefusedForGood(database: pg.Client, clinicNo: number): Promise<boolean> {
  const { rowCount } = await database.query(
    sql`select from holdfast.moving_clinic where clinic_no = ${clinicNo} and refused_until = 'infinity'`,
  )
  return rowCount === 1
}

/**
 * Whether a database has all rows of a clinic. Where it was before a move, rows are deleted.
 *
 * @param database as the owner or application
 */
export async function isClinicHere(database: pg.Pool, clinicNo: number): Promise<boolean> {
  const { rows } = await database.query<{ isHere: boolean }>(
    sql`select holdfast.is_clinic_here(${clinicNo}) as "isHere"`,
  )
  return rows[0]?.isHere === true
}

/**
 * Runs `work` in a transaction that has locked a table, and repeats it while it does not get a lock.
 *
 * @param mode `exclusive`: nobody else writes into the table or locks its rows meanwhile, and whatever was written into
 *   it before has committed or was rolled back. `row exclusive`: others may write
 * @param work gets a lock_timeout for the other database, where it writes as well: PostgreSQL does not find a deadlock
 *   of transactions in two databases
 * @throws MoveRefused if it does not get a lock
 */
export function withTableLocked<Result>(
  source: pg.Client,
  { table, mode }: { table: ClinicTable; mode: 'row exclusive' | 'exclusive' },
  work: (lockTimeout: string) => Promise<Result>,
): Promise<Result> {
  return whileLocked(source, sql`lock table ${raw(tableName(table))} in ${raw(mode)} mode`, work)
}

/**
 * Locks the permanent refusal of a clinic's changes, so that nobody ends it in this transaction.
 *
 * @returns its token
 * @throws MoveRefused if there is none
 */
export async function lockRefusal(source: pg.Client, clinicNo: number): Promise<string> {
  const { rows } = await source.query<{ token: string }>(sql`
    select token from holdfast.moving_clinic
     where clinic_no = ${clinicNo} and refused_until = 'infinity' for update`)
  if (rows[0] === undefined) throw new MoveRefused('another call has ended the move meanwhile')
  return rows[0].token
}

/**
 * Allows changes of a clinic's rows again. The triggers are left, and refuse only transactions of another isolation
 * level than the default, which the application has none of. Idempotent.
 *
 * @param token the token of the call that refuses them; null: that of any
 * @returns false: another call refuses them, and nothing was done
 */
export async function endRefusal(database: pg.Client, clinicNo: number, token: string | null = null): Promise<boolean> {
  const { rows } = await database.query<{ others: boolean }>(sql`
    with ended as (delete from holdfast.moving_clinic
                    where clinic_no = ${clinicNo} and (${token}::uuid is null or token = ${token}))
    select exists (select from holdfast.moving_clinic
                    where clinic_no = ${clinicNo} and token <> ${token}::uuid) as others`)
  return rows[0]?.others !== true
}

/** The same, and drops the triggers. Idempotent. */
export async function allowChanges(
  database: pg.Client,
  clinicNo: number,
  token: string | null = null,
): Promise<boolean> {
  if (!(await endRefusal(database, clinicNo, token))) return false
  await dropTriggers(database, clinicNo)
  return true
}

/** A trigger that cannot be dropped now is dropped by a later call. @param tables by default, all */
export async function dropTriggers(
  database: pg.Client,
  clinicNo: number,
  tables: readonly ClinicTable[] | null = null,
): Promise<void> {
  for (const table of await fencedTables(database, clinicNo)) {
    if (tables !== null && !tables.some(({ name }) => name === table)) continue
    const name = raw(`holdfast.${pg.escapeIdentifier(table)}`)
    const statement = sql`drop trigger if exists ${trigger(clinicNo)} on ${name}`
    await whileLocked(database, statement, noWork).catch((error: unknown) => {
      if (!(error instanceof MoveRefused)) throw error
    })
  }
}

const noWork = async () => {}

function whileLocked<Result>(
  client: pg.Client,
  statement: Sql,
  then: (lockTimeout: string) => Promise<Result>,
): Promise<Result> {
  const work = (tries: number) =>
    inClientTransaction(client, async () => {
      const lockTimeout = `${lockTimeoutMs(tries)}ms`
      await client.query(sql`select set_config('lock_timeout', ${lockTimeout}, true)`)
      await client.query(statement)
      return then(lockTimeout)
    })
  return repeatWhileLocked(work, { lockTimeoutMs: pauseMs * 10, triesMax }).catch((error: unknown) => {
    throw isLockLost(error) ? lockedTooLong() : error
  })
}

function lockedTooLong(): MoveRefused {
  return new MoveRefused('another transaction holds a lock for too long: see pg_stat_activity')
}

/** The names of the tables that refuse changes of the clinic's rows. */
async function fencedTables(database: pg.Client, clinicNo: number): Promise<Set<string>> {
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
