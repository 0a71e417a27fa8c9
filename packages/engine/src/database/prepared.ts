import type pg from 'pg'
import type { Sql } from 'sql-template-tag'

/**
 * A statement that each connection parses and plans once, under this name. Its text must be the same at every call (pg
 * throws otherwise): values may differ, fragments may not.
 */
export function prepared(name: string, { text, values }: Sql): pg.QueryConfig<unknown[]> {
  return { name, text, values }
}

type Statement = { name?: string | undefined; text: string; values?: unknown[] | undefined }

/** The same statement with another timeout than its pool's: see `queryTimeoutMs` of a pool. */
export function withQueryTimeout({ name, text, values = [] }: Statement, queryTimeoutMs: number) {
  const bounded = { ...(name === undefined ? {} : { name }), text, values, query_timeout: queryTimeoutMs }
  return bounded satisfies pg.QueryConfig<unknown[]>
}
