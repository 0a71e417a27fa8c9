import type pg from 'pg'
import sql from 'sql-template-tag'

/** How far the log of a server's pages (WAL) is, in bytes since its beginning. */
export type WalPosition = bigint

/**
 * Where the primary's WAL is: every write that was acknowledged before the call is at or below it. Calls that wait for
 * the same query share the next one, since the one in progress may have begun before their writes.
 */
export function createPrimaryPosition(primary: pg.Pool): () => Promise<WalPosition> {
  let running: Promise<unknown> | null = null
  let next: Promise<WalPosition> | null = null
  const query = () => {
    next = null
    const found = readPosition(primary)
    running = found.catch(() => undefined).finally(() => (running = null))
    return found
  }
  return () => {
    if (running === null && next === null) return query()
    next ??= Promise.resolve(running).then(query)
    return next
  }
}

async function readPosition(primary: pg.Pool): Promise<WalPosition> {
  // With synchronous_commit = off, a write is acknowledged before its WAL is flushed.
  const { rows } = await primary.query<{ position: string }>(sql`
    select pg_wal_lsn_diff(case current_setting('synchronous_commit') when 'off' then pg_current_wal_insert_lsn()
                           else pg_current_wal_flush_lsn() end, '0/0')::text as position`)
  return BigInt(rows[0]?.position ?? 0)
}
