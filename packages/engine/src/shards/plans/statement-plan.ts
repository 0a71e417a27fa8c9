import type { TableKind } from '../tables/table-kinds.ts'

/** How a statement of a migration runs on a database that is distributed over Citus. */
export type StatementPlan = {
  /**
   * `passed on`: on the coordinator, and Citus passes it on to the nodes. `alone`: on the coordinator only.
   * `until finished`: likewise, and only while the coordinator has the rows that shards get. `not`: only in shards.
   */
  coordinator: 'passed on' | 'alone' | 'until finished' | 'not'
  /** Each shard runs it in its schema, where it finds the shard's own tables, and views of the distributed ones. */
  inShards: boolean
  /** What the coordinator runs instead of the statement, one after the other. */
  steps?: { text: string; coordinator: StatementPlan['coordinator'] }[]
  /** The new table that is to be distributed. */
  creates?: string
  /** What the views of shards must not refer to any more before it runs. */
  frees?: FreedColumns
  /** The distributed table whose new trigger belongs to its shards. */
  triggerOf?: string
  /** The trigger that leaves them. */
  dropsTrigger?: { table: string; name: string }
}

/** Columns of a table; null: all, since the table is dropped. */
export type FreedColumns = { table: string; columns: string[] | null }

/** Why a statement cannot run there as it is written. */
export type StatementProblem = { problem: string }

export type KindOf = (table: string) => TableKind

export type Planned = StatementPlan | StatementProblem

/** Citus passes it on to the nodes. */
export const passedOn: StatementPlan = { coordinator: 'passed on', inShards: false }
/** On the coordinator only. */
export const alone: StatementPlan = { coordinator: 'alone', inShards: false }
const everywhere: StatementPlan = { coordinator: 'alone', inShards: true }

/** A change of a table's definition. */
export function ofKind(kind: TableKind): StatementPlan {
  if (kind === 'own') return everywhere
  return kind === 'distributed' || kind === 'reference' ? passedOn : alone
}

/** Whatever refers to rows that are elsewhere. */
export function referenceProblem(name: string, bare: string, kinds: KindOf): StatementProblem | null {
  const kind = kinds(name)
  const mayBe: readonly TableKind[] = kind === 'distributed' ? ['distributed', 'reference'] : [kind]
  for (const [, referred = ''] of bare.matchAll(/\breferences holdfast\.([a-z_0-9]+)/gi)) {
    if (!mayBe.includes(kinds(referred))) {
      return { problem: `a table of the kind ${kind} cannot refer to ${referred}, of the kind ${kinds(referred)}` }
    }
  }
  return null
}
