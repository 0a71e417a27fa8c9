import pg from 'pg'
import sql, { raw } from 'sql-template-tag'
import { inClientTransaction } from '../database/client-transaction.ts'
import { copyRows } from '../database/copy-rows.ts'
import { noteArrival, readArrival } from './clinic-arrival.ts'
import { lockRefusal, withTableLocked } from './clinic-fence.ts'
import type { ClinicTable } from './clinic-tables.ts'
import { MoveRefused } from './move-database.ts'
import { tableName } from './moved-tables.ts'

export type CopiedTable = { name: string; rows: number }

/** A position before every entry of every log: 3 is the first number of a transaction. */
const beforeTheLog = '3'

/** How many late rows are moved in a transaction. 2,000 took 150 to 500 ms, with other work on two cores. */
export const lateRowsMax = 500

/**
 * Copies a clinic's rows into another database, in the transaction that both connections are in, and compares what
 * was written with what was read. Entries of the log keep their order, and come before all entries of the other
 * database, so that no receiver of its log gets them again. What was erased counts as erased now, so that the other
 * database's list has it, too.
 *
 * @throws Error if the rows differ after the copy; the driver's error, such as for a row that is there already
 */
export async function copyClinic(
  source: pg.Client,
  target: pg.Client,
  { clinicNo, tables, signal }: { clinicNo: number; tables: readonly ClinicTable[]; signal: AbortSignal },
): Promise<CopiedTable[]> {
  await copySpecializations(source, target, clinicNo)
  // What a former move away has left there, see deleteClinic.
  await target.query(sql`delete from holdfast.directory_change where clinic_no = ${clinicNo}`)
  // Responses that were stored there after it: the target has nothing else of the clinic.
  await target.query(sql`delete from holdfast.answer where clinic_no = ${clinicNo}`)
  await noteArrival(target, clinicNo, { after: await readArrival(source, clinicNo), xid: sql`pg_current_xact_id()` })
  const copied: CopiedTable[] = []
  for (const table of tables.filter(({ isLate }) => !isLate)) {
    signal.throwIfAborted()
    const copyThis = table.isDerived ? countDerived : table.isLog ? copyLog : copy
    const rows = await copyThis(source, target, table, clinicNo)
    copied.push({ name: table.name, rows })
  }
  // After the last one: triggers of some tables write into others.
  for (const table of tables.filter(({ isLate }) => !isLate)) {
    // What triggers of the target have noted there is not of the source.
    const isCopied = table.name === 'directory_change' ? ` and xid = '${beforeTheLog}'` : ''
    const before = await digestOf(source, table, table.of(clinicNo))
    const after = await digestOf(target, table, table.of(clinicNo) + isCopied)
    if (before === after) continue
    throw new Error(`The rows of ${tableName(table)} differ after the copy: ${before}, and ${after} there.`)
  }
  // The next list of what was erased here has only what is new (decision 0012).
  await target.query(sql`
    update holdfast.erasure set erased_at = clock_timestamp() where clinic_no = ${clinicNo}`)
  return copied
}

/** The target has written them. */
async function countDerived(_: pg.Client, target: pg.Client, table: ClinicTable, clinicNo: number): Promise<number> {
  const { rowCount } = await target.query(`select from ${tableName(table)} where ${table.of(clinicNo)}`)
  return rowCount ?? 0
}

function copy(source: pg.Client, target: pg.Client, table: ClinicTable, clinicNo: number): Promise<number> {
  const columns = list(table.columns)
  return copyRows(source, target, {
    select: `select ${columns} from ${tableName(table)} where ${table.of(clinicNo)}`,
    into: `${tableName(table)} (${columns})`,
  })
}

async function copyLog(source: pg.Client, target: pg.Client, table: ClinicTable, clinicNo: number): Promise<number> {
  const columns = list(table.columns)
  const copied = raw(`copied_${table.name}`)
  await target.query(sql`
    create temp table ${copied} on commit drop as select ${raw(columns)} from ${raw(tableName(table))} limit 0`)
  const rows = await copyRows(source, target, {
    select: `select ${columns} from ${tableName(table)} where ${table.of(clinicNo)}`,
    into: `${copied.sql} (${columns})`,
  })
  const isCopy = table.name === 'late_event'
  // Triggers of the target have noted the clinic's new rows, with later numbers.
  await target.query(sql`
    insert into ${raw(tableName(table))} (${raw(columns)})
    select ${raw(numbered(table, isCopy ? 'e.' : null))}
      from (select * from ${copied} order by xid, seq) c ${raw(isCopy ? ofEvents : '')}`)
  return rows
}

/** A late event has the numbers of the event that it is a copy of. */
const ofEvents = 'join holdfast.booking_event e using (clinic_no, booking_id, version)'

/** The columns of an entry of the log, with new numbers, or with those of a table. */
function numbered({ columns }: ClinicTable, of: string | null): string {
  const numbers: Record<string, string> =
    of === null
      ? { xid: `'${beforeTheLog}'::xid8`, seq: `nextval('holdfast.booking_event_seq')` }
      : { xid: `${of}xid`, seq: `${of}seq` }
  return columns.map((column) => numbers[column] ?? `c.${pg.escapeIdentifier(column)}`).join(', ')
}

/**
 * Moves the rows of the other tables, in transactions of their own: what is there already stays as it is. Only what was
 * read is deleted, so that nothing is lost that is written meanwhile. Few rows in each: until it ends, everybody who
 * reads the source's log waits. The last one has what is left, and nobody writes meanwhile.
 *
 * @throws MoveRefused if another call has ended the move, or a transaction that has a lock does not end
 */
export async function moveLateRows(
  source: pg.Client,
  target: pg.Client,
  { clinicNo, tables }: { clinicNo: number; tables: readonly ClinicTable[] },
): Promise<void> {
  for (const table of tables.filter(({ isLate }) => isLate)) {
    const pass = (mode: 'row exclusive' | 'exclusive', rowsMax: number | null) =>
      withTableLocked(source, { table, mode }, async (lockTimeout) => {
        await lockRefusal(source, clinicNo)
        return moveRows(source, target, table, { clinicNo, rowsMax, lockTimeout })
      })
    let moved = lateRowsMax
    while (moved === lateRowsMax) moved = await pass('row exclusive', lateRowsMax)
    await pass('exclusive', null)
  }
}

/**
 * In a transaction of the source, which commits afterwards: until then, the rows are in both. Rows that others have
 * locked are left out: a COPY must not fail for a lock in the middle.
 *
 * @returns how many
 */
function moveRows(
  source: pg.Client,
  target: pg.Client,
  table: ClinicTable,
  { clinicNo, rowsMax, lockTimeout }: { clinicNo: number; rowsMax: number | null; lockTimeout: string },
): Promise<number> {
  const name = tableName(table)
  const columns = list(table.columns)
  const isOfClinic = table.of(clinicNo)
  return inClientTransaction(target, async () => {
    await target.query(sql`select set_config('lock_timeout', ${lockTimeout}, true)`)
    await target.query(sql`
        create temp table late_rows on commit drop as select ${raw(columns)} from ${raw(name)} limit 0`)
    const rows = await copyRows(source, target, {
      select: `delete from ${name}
                where ${isOfClinic} and ctid = any (array(
                  select ctid from ${name} where ${isOfClinic} limit ${rowsMax ?? 'all'} for update skip locked))
               returning ${columns}`,
      into: `late_rows (${columns})`,
    })
    await target.query(sql`
        insert into ${raw(name)} (${raw(columns)}) overriding system value
        select ${raw(columns)} from late_rows
        on conflict do nothing`)
    return rows
  })
}

async function copySpecializations(source: pg.Client, target: pg.Client, clinicNo: number): Promise<void> {
  const { rows } = await source.query<{ name: string }>(sql`
    select specialization as name from holdfast.resource where clinic_no = ${clinicNo} and specialization is not null
     union select specialization from holdfast.waitlist_entry
     where clinic_no = ${clinicNo} and specialization is not null`)
  await target.query(sql`
    insert into holdfast.specialization (name) select unnest(${rows.map(({ name }) => name)}::text[])
    on conflict do nothing`)
}

/** The number of rows, and a sum over their texts, without the numbers of entries of the log. */
async function digestOf(client: pg.Client, table: ClinicTable, condition: string): Promise<string> {
  const columns = table.columns.filter((column) => !(table.isLog && (column === 'xid' || column === 'seq')))
  const { rows } = await client.query<{ digest: string }>(sql`
    select count(*) || ' rows, ' || coalesce(sum(hashtextextended(row(${raw(list(columns))})::text, 0)::numeric), 0)
             as digest
      from ${raw(tableName(table))} where ${raw(condition)}`)
  return rows[0]?.digest ?? ''
}

function list(columns: readonly string[]): string {
  return columns.map((column) => pg.escapeIdentifier(column)).join(', ')
}

/** @throws MoveRefused if the tables of the two databases differ */
export function refuseOtherTables(tables: readonly ClinicTable[], targetTables: readonly ClinicTable[]): void {
  const there = new Map(targetTables.map((table) => [table.name, table.columns.toSorted().join()]))
  const other = tables.find((table) => there.get(table.name) !== table.columns.toSorted().join())
  if (other === undefined) return
  throw new MoveRefused(`the table ${tableName(other)} is another in the two databases: migrate both with this release`)
}
