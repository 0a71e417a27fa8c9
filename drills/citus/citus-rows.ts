import { clinicsOfRow } from '@holdfast/engine/clinics-of-own-rows'
import { tableKinds, tablesOfKind } from '@holdfast/engine/table-kinds'

/** A connection to a plain database, to the coordinator, or in the schema of a shard. */
export type Queryable = { query(text: string): Promise<{ rows: Record<string, string>[] }> }

/** Of a table: how many rows it has, and a sum of their digests, which does not depend on their order. */
type TableRows = { rows: number; digest: bigint }
export type AllRows = Map<string, TableRows>

const none: TableRows = { rows: 0, digest: 0n }

/**
 * All rows of a database before it is distributed, without what was applied to each schema, and without the notes of
 * roles, which the distribution adds and `verify` checks.
 */
export function rowsOf(database: Queryable): Promise<AllRows> {
  return readRows(
    database,
    Object.keys(tableKinds).filter((table) => tableKinds[table] !== 'ledger' && table !== 'account_clinic'),
  )
}

/** The tables whose rows are not where they belong: each once, or in each shard; all others on the coordinator. */
export async function tablesThatDiffer(
  before: AllRows,
  coordinator: Queryable,
  shards: readonly Queryable[],
): Promise<string[]> {
  const own = tablesOfKind('own')
  const onCoordinator = await readRows(coordinator, [
    ...tablesOfKind('reference'),
    ...tablesOfKind('coordinator'),
    ...own,
  ])
  const inShards: AllRows[] = []
  for (const shard of shards) inShards.push(await readRows(shard, [...tablesOfKind('distributed'), ...own]))
  const differs = (table: string) => {
    const expected = before.get(table) ?? none
    const parts = inShards.map((rows) => rows.get(table) ?? none)
    const rest = onCoordinator.get(table) ?? none
    if (own.includes(table) && clinicsOfRow(table) === null)
      return rest.rows > 0 || parts.some((part) => !isSame(part, expected))
    return !isSame([...parts, rest].reduce(sum), expected)
  }
  return [...before.keys()].filter(differs)
}

/** Of a table, the rows that a distribution does not add: later epochs, and the coordinator's notes. */
const comparedRows: Readonly<Record<string, string>> = {
  log_epoch: 'no = 1',
  setting: "not starts_with(name, 'last_epoch_of_') and name <> 'granted_on_nodes'",
}

/** Transaction numbers are those of the node. */
async function readRows(database: Queryable, tables: readonly string[]): Promise<AllRows> {
  const found: AllRows = new Map()
  for (const table of tables) {
    const { rows } = await database.query(`
      select count(*) as rows, coalesce(sum(hashtextextended((to_jsonb(t) - 'xid')::text, 0)), 0)::text as digest
        from holdfast.${table} t where ${comparedRows[table] ?? true}`)
    found.set(table, { rows: Number(rows[0]?.rows), digest: BigInt(rows[0]?.digest ?? 0) })
  }
  return found
}

function sum(one: TableRows, other: TableRows): TableRows {
  return { rows: one.rows + other.rows, digest: one.digest + other.digest }
}

function isSame(one: TableRows, other: TableRows): boolean {
  return one.rows === other.rows && one.digest === other.digest
}
