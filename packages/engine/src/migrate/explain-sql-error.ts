import { messageOf } from '@holdfast/vocabulary'

/** Adds what failed to the message. The SQLSTATE is copied: callers retry after a lock timeout only. */
export function explainSqlError(error: unknown, what: string): Error {
  const code = error instanceof Error && 'code' in error ? { code: error.code } : {}
  return Object.assign(new Error(`${what}: ${messageOf(error)}`, { cause: error }), code)
}
