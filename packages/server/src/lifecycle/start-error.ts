import { isDatabaseUnusable } from '@holdfast/engine'

/** The server cannot start, for a reason that a person has to fix. The message says what was found and what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

export const poolModeStatement =
  'The connection pooler before the database has pool mode statement, which allows no transactions: set pool_mode = ' +
  'transaction in pgbouncer.ini.'

/** Errors of this kind. Any other error is a bug or a hardware failure, and is printed with its stack. */
const namesOfReasons = new Set([
  'StartError',
  'EmbeddedPostgresError',
  'MigrateError',
  'AppLoginError',
  'LogAhead',
  'ShardRefused',
])

/** The message to show for an error at the start; null for an unexpected error. */
export function reasonOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (namesOfReasons.has(error.name)) return error.message
  if (error instanceof AggregateError) return error.errors.map(reasonOf).find((reason) => reason !== null) ?? null
  return databaseUnusable(error)
}

/** The message for a database that cannot be used; null for any other error. */
export function databaseUnusable(error: unknown): string | null {
  if (error instanceof AggregateError) return error.errors.map(databaseUnusable).find((one) => one !== null) ?? null
  if (!(error instanceof Error)) return null
  if (!isDatabaseUnusable(error)) return null
  const reason = error.message.replace(/\.?$/, '.')
  const advice = 'Check DATABASE_URL, and that PostgreSQL runs there: `holdfast doctor` does both.'
  return `The database cannot be used: ${reason} ${advice}`
}
