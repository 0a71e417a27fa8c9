import { MigrateError } from '../../migrate/migrate-error.ts'
import { splitStatements, whyNotSplit } from '../../migrate/split-statements.ts'
import type { MigrationFile } from '../../migrate/sql-files.ts'
import { kindOf } from '../tables/table-kinds.ts'
import { planStatement } from './plan-statement.ts'
import type { KindOf, StatementPlan } from './statement-plan.ts'

export type PlannedStatement = StatementPlan & { text: string }
export type PlannedMigration = { file: MigrationFile; statements: PlannedStatement[] }

/**
 * How a migration runs on a database that is distributed over Citus.
 *
 * Altering `slot` and then `clinic` in one transaction ended in a distributed deadlock of Citus 13.2.2 with nobody else
 * connected, so that a migration changes one such table.
 *
 * @throws MigrateError for one that does not, with the reason
 */
export function planMigration(file: MigrationFile, kinds: KindOf = kindOf): PlannedMigration {
  const unsplit = whyNotSplit(file.text)
  if (unsplit !== null) {
    throw new MigrateError(
      'unsupported_on_citus',
      `The migration ${file.name} cannot run on a database that is distributed over Citus: ${unsplit}.`,
    )
  }
  const tables = new Set<string>()
  const statements = splitStatements(file.text).map((statement): PlannedStatement => {
    const plan = planStatement(statement, kinds)
    if (!('problem' in plan)) {
      const table = plan.coordinator === 'not' ? null : sharedTable(statement.bare, kinds)
      if (table !== null) tables.add(table)
      return { ...plan, text: statement.text }
    }
    const begin = statement.bare.length > 80 ? `${statement.bare.slice(0, 80)}…` : statement.bare
    throw new MigrateError(
      'unsupported_on_citus',
      `The migration ${file.name} cannot run on a database that is distributed over Citus. “${begin}”: ` +
        `${plan.problem}.`,
    )
  })
  if (tables.size < 2) return { file, statements }
  throw new MigrateError(
    'unsupported_on_citus',
    `The migration ${file.name} cannot run on a database that is distributed over Citus. It changes the tables ` +
      `${[...tables].join(' and ')}: write a migration for each. In one transaction, Citus may deadlock with itself.`,
  )
}

/** The table that a statement changes, if nodes have it, too. Triggers are changed in each shard alone. */
function sharedTable(bare: string, kinds: KindOf): string | null {
  const change = /^(?:[a-z]+ table|create (?:unique )?index|insert into|update|delete from) .*?holdfast\.([a-z_0-9]+)/i
  const [, name] = change.exec(bare) ?? []
  if (name === undefined) return null
  const kind = kinds(name)
  return kind === 'distributed' || kind === 'reference' ? name : null
}
