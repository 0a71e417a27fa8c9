import pg from 'pg'
import sql, { raw } from 'sql-template-tag'
import { commit } from '../database/client-transaction.ts'
import { connectClient } from '../database/connect-client.ts'
import { copyRows } from '../database/copy-rows.ts'
import { type MovedTable, readTables, tableName } from './moved-tables.ts'

export type MoveOptions = {
  sourceUrl: string
  /** Migrated by this release, and empty. */
  targetUrl: string
  /** All their tables are copied. */
  schemas: readonly string[]
  /** Copies and checks everything, and then undoes it. */
  dryRun: boolean
  signal: AbortSignal
  /** Runs when the target has everything, and the source still refuses writes. Not in a dry run. */
  whenCopied?: (moved: MovedDatabase) => Promise<void>
}

export type MovedDatabase = { tables: { name: string; rows: number }[]; rows: number; events: number }

/** A database can't be moved there. The message says why. */
export class MoveRefused extends Error {
  override name = 'MoveRefused'
}

const applicationName = 'holdfast move'
/** The target has them from its own migrations. */
const ledger = new Set(['holdfast.migration', 'holdfast.function_file'])

/**
 * Copies all rows of a database into an empty one on another server, in one transaction there. Writes to the source
 * wait until `whenCopied` has ended. The log begins a new epoch, because the other server numbers its transactions by
 * itself (decision 0009).
 *
 * @throws MoveRefused, and then the target is as it was; and what `whenCopied` throws
 */
export async function moveDatabase(options: MoveOptions): Promise<MovedDatabase> {
  const source = await connectClient({ url: options.sourceUrl, name: applicationName })
  const target = await connectClient({ url: options.targetUrl, name: applicationName }).catch(
    async (error: unknown) => {
      await source.end()
      throw error
    },
  )
  try {
    const [sourceTables, targetTables] = [
      await readTables(source, options.schemas),
      await readTables(target, options.schemas),
    ]
    const tables = sourceTables.filter((table) => !ledger.has(tableName(table)))
    refuseOtherTables(tables, targetTables)
    // New sessions of the source can be read-only by then, and a lock is a write. It is idle during `whenCopied`.
    await source.query('begin isolation level repeatable read read write')
    await source.query('set local idle_in_transaction_session_timeout = 0')
    await source.query(sql`lock table ${list(tables)} in share mode`)
    await target.query('begin')
    const moved = await copyAll(source, target, tables, options)
    await (options.dryRun ? target.query('rollback') : commit(target))
    if (!options.dryRun) await options.whenCopied?.(moved)
    // Fails if the source has lost the lock, and with it what it refused.
    await commit(source)
    return moved
  } finally {
    // What was not committed is undone.
    await Promise.allSettled([source.end(), target.end()])
  }
}

function refuseOtherTables(tables: readonly MovedTable[], targetTables: readonly MovedTable[]): void {
  const there = new Map(targetTables.map((table) => [tableName(table), table.columns.toSorted().join()]))
  const other = tables.find((table) => there.get(tableName(table)) !== table.columns.toSorted().join())
  if (other === undefined) return
  throw new MoveRefused(`the table ${tableName(other)} is another in the two databases: migrate both with this release`)
}

async function copyAll(
  source: pg.Client,
  target: pg.Client,
  tables: readonly MovedTable[],
  { dryRun, signal }: Pick<MoveOptions, 'dryRun' | 'signal'>,
): Promise<MovedDatabase> {
  await createPartitions(target, tables)
  const triggers = tables.filter(({ hasTriggers }) => hasTriggers)
  for (const table of triggers) await target.query(sql`alter table ${identifier(table)} disable trigger user`)
  await target.query(sql`truncate ${list(tables)}`)
  const copied: { name: string; rows: number }[] = []
  for (const table of tables) {
    signal.throwIfAborted()
    copied.push({ name: tableName(table), rows: await copyTable(source, target, table) })
  }
  for (const table of triggers) await target.query(sql`alter table ${identifier(table)} enable trigger user`)
  // A rollback would not undo it.
  if (!dryRun) await copySequences(source, target, [...new Set(tables.map(({ schema }) => schema))])
  const { rows } = await target.query<{ events: string }>(sql`select holdfast.renumber_log() as events`)
  const total = copied.reduce((sum, table) => sum + table.rows, 0)
  return { tables: copied, rows: total, events: Number(rows[0]?.events ?? 0) }
}

/** Months for which the target has created none. Attached, as in ensure_partitions.sql: claims go on meanwhile. */
export async function createPartitions(target: pg.Client, tables: readonly MovedTable[]): Promise<void> {
  for (const table of tables) {
    for (const { name, bound, withoutStatistics } of table.partitions) {
      const partition = raw(`${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(name)}`)
      const { rows } = await target.query<{ found: boolean }>(
        sql`select to_regclass(${partition.sql}) is not null as found`,
      )
      if (rows[0]?.found === true) continue
      await target.query(sql`
        create table ${partition}
          (like ${identifier(table)} including defaults including constraints including storage)`)
      for (const column of withoutStatistics) {
        await target.query(
          sql`alter table ${partition} alter column ${raw(pg.escapeIdentifier(column))} set statistics 0`,
        )
      }
      await target.query(sql`alter table ${identifier(table)} attach partition ${partition} ${raw(bound)}`)
    }
  }
}

/** @returns the number of rows */
function copyTable(source: pg.Client, target: pg.Client, table: MovedTable): Promise<number> {
  const columns = table.columns.map((column) => pg.escapeIdentifier(column)).join(', ')
  const name = identifier(table).sql
  return copyRows(source, target, { select: `select ${columns} from ${name}`, into: `${name} (${columns})` })
}

async function copySequences(source: pg.Client, target: pg.Client, schemas: readonly string[]): Promise<void> {
  const { rows } = await source.query<{ name: string; last: string }>(sql`
    select format('%I.%I', schemaname, sequencename) as name, last_value::text as last
      from pg_sequences where schemaname = any(${schemas}) and last_value is not null`)
  for (const { name, last } of rows) await target.query(sql`select setval(${name}::regclass, ${last}::bigint)`)
}

function identifier({ schema, name }: { schema: string; name: string }) {
  return raw(`${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`)
}

function list(tables: readonly MovedTable[]) {
  return raw(tables.map((table) => identifier(table).sql).join(', '))
}
