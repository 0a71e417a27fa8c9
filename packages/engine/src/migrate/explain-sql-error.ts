import { messageOf } from '@holdfast/vocabulary'
import { MigrateError } from './migrate-error.ts'

/** undefined_column, undefined_table, undefined_function. */
const missingCodes = new Set<unknown>(['42703', '42P01', '42883'])

/**
 * Adds what failed to the message, and a hint if something is missing that the release has. The SQLSTATE is copied:
 * callers retry after a lock timeout only.
 */
export function explainSqlError(error: unknown, what: string): Error {
  const code = error instanceof Error && 'code' in error ? { code: error.code } : {}
  const message = `${what}: ${messageOf(error)}`
  const explained = missingCodes.has(code.code)
    ? new MigrateError(
        'other_schema',
        `${message}. If other sources created the database, whose tables were changed without a migration, use an ` +
          'empty one. In a clone of the sources, move .holdfast away, or set HOLDFAST_DATA to another directory.',
        { cause: error },
      )
    : new Error(message, { cause: error })
  return Object.assign(explained, code)
}
