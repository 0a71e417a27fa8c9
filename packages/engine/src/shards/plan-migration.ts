import { MigrateError } from '../migrate/migrate-error.ts'
import { splitStatements } from '../migrate/split-statements.ts'
import type { MigrationFile } from '../migrate/sql-files.ts'
import { planStatement } from './plan-statement.ts'
import type { KindOf, StatementPlan } from './statement-plan.ts'
import { kindOf } from './table-kinds.ts'

export type PlannedStatement = StatementPlan & { text: string }
export type PlannedMigration = { file: MigrationFile; statements: PlannedStatement[] }

/** Migrations up to this number were written before databases could be distributed: all distributed ones have them. */
export const lastBeforeCitus = 253

/**
 * How a migration runs on a database that is distributed over Citus.
 *
 * @throws MigrateError for one that does not, with the reason
 */
export function planMigration(file: MigrationFile, kinds: KindOf = kindOf): PlannedMigration {
  const statements = splitStatements(file.text).map((statement): PlannedStatement => {
    const plan = planStatement(statement, kinds)
    if (!('problem' in plan)) return { ...plan, text: statement.text }
    const begin = statement.bare.length > 80 ? `${statement.bare.slice(0, 80)}…` : statement.bare
    throw new MigrateError(
      'distributed',
      `The migration ${file.name} cannot run on a database that is distributed over Citus. “${begin}”: ${plan.problem}.`,
    )
  })
  return { file, statements }
}
