import pg from 'pg'
import sql from 'sql-template-tag'
import { copyRows } from '../../database/copy-rows.ts'
import type { HashRange } from '../nodes/table-shards.ts'
import { clinicsOfRow } from '../tables/clinics-of-own-rows.ts'
import { tablesOfKind } from '../tables/table-kinds.ts'

export type CopiedRows = {
  source: pg.Client
  /** A former schema of the shard; or `holdfast`, of a database that has just been distributed. */
  sourceSchema: string
  target: pg.Client
  /** The shard's schema. Its own tables are empty. */
  schema: string
  range: HashRange
  /** Whether it gets the rows of no clinic, too. Of the parts of a split shard, one does. */
  hasRest: boolean
  tables?: readonly string[]
}

/**
 * Copies the rows of a shard's own tables.
 *
 * @param target in a transaction
 * @returns the number of rows
 */
export async function copyOwnRows(copied: CopiedRows): Promise<number> {
  const { source, sourceSchema, target, schema, tables = tablesOfKind('own') } = copied
  let rows = 0
  for (const table of tables) {
    const columns = await columnsOf(target, `${schema}.${table}`)
    rows += await copyRows(source, target, {
      select: `select ${columns} from ${sourceSchema}.${table} o where ${conditionOf(table, copied)}`,
      into: `${schema}.${table} (${columns})`,
    })
    await continueNumbers(target, `${schema}.${table}`)
  }
  return rows
}

/** Identity columns go on after the rows that were copied. */
async function continueNumbers(target: pg.Client, relation: string): Promise<void> {
  const { rows } = await target.query<{ column: string; sequence: string }>(sql`
    select quote_ident(attname) as column, pg_get_serial_sequence(${relation}, attname) as sequence
      from pg_attribute where attrelid = ${relation}::regclass and attidentity <> '' and not attisdropped`)
  for (const { column, sequence } of rows) {
    await target.query(
      `select setval('${sequence}', max(${column})) from ${relation} having max(${column}) is not null`,
    )
  }
}

/** Of a shard that has lost its own rows: what its doctors and people who wait refer to. The views are written. */
export async function recreateSpecializations(target: pg.Client, schema: string): Promise<void> {
  await target.query(`
    insert into ${schema}.specialization (name)
    select specialization from ${schema}.resource where specialization is not null
     union select specialization from ${schema}.waitlist_entry where specialization is not null`)
}

/**
 * Begins an epoch of the shard's log: transactions of another server have numbers that say nothing here.
 *
 * @param after the last epoch that the shard is known to have had. Its server's clock may have been ahead
 */
export async function beginLog(target: pg.Client, schema: string, after = 0): Promise<void> {
  await target.query(`select ${schema}.renumber_log()`)
  await target.query(
    `update ${schema}.log_epoch set no = $1::bigint + 1
      where no = (select max(no) from ${schema}.log_epoch) and no <= $1::bigint`,
    [after],
  )
}

/** Of a shard that has lost its own rows: receivers get its log from its beginning, as after a move. */
export async function addReceivers(target: pg.Client, schema: string, names: readonly string[]): Promise<void> {
  await target.query(
    `insert into ${schema}.log_receiver (name, epoch, xid, seq)
     select name, no, starts_at, 0 from unnest($1::text[]) name, ${schema}.log_epoch
      where no = (select max(no) from ${schema}.log_epoch)`,
    [names],
  )
}

/** Deletes what {@link copyOwnRows} has copied to all shards: the coordinator has only rows of accounts. */
export async function deleteCopiedRows(coordinator: pg.Client): Promise<void> {
  for (const table of tablesOfKind('own')) {
    const clinics = clinicsOfRow(table)
    await coordinator.query(
      `delete from holdfast.${table} o where ${clinics === null ? 'true' : `exists (${clinics})`}`,
    )
  }
}

function conditionOf(table: string, { range, hasRest }: Pick<CopiedRows, 'range' | 'hasRest'>): string {
  const clinics = clinicsOfRow(table)
  if (clinics === null) return 'true'
  const ofClinics = `exists (select from (${clinics}) c (no)
                             where hashint4(c.no) between ${range.hashMin} and ${range.hashMax})`
  return hasRest ? `(${ofClinics} or not exists (${clinics}))` : ofClinics
}

async function columnsOf(client: pg.Client, relation: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(sql`
    select attname as name from pg_attribute
     where attrelid = ${relation}::regclass and attnum > 0 and not attisdropped order by attnum`)
  return rows.map(({ name }) => pg.escapeIdentifier(name)).join(', ')
}
