import pg from 'pg'
import { inClientTransaction } from './client-transaction.ts'
import { type DatabasePool, openDatabasePool } from './database-pool.ts'

export type PoolSettings = {
  url: string
  /** The most connections at a time. */
  max: number
  /** Seen as application_name in pg_stat_activity. */
  name: string
  /** For pools that only read. Leave it out where bookings are written: a commit is never cancelled by a timeout. */
  statementTimeoutMs?: number
  /** How long a statement waits for one lock before it fails with 55P03, nothing written. Default 10,000. */
  lockTimeoutMs?: number
  /**
   * How long to wait for the response to a query. Then its connection is closed, and whether it has run is not known.
   * Default 60,000. A query that may take longer sets another `query_timeout`.
   */
  queryTimeoutMs?: number
  /** How long a query waits for a connection, milliseconds. Default 10,000. */
  connectTimeoutMs?: number
  /** Called when an idle connection is lost. The pool has removed it and will open another. */
  onIdleError?: (error: Error) => void
  /** Called with each new connection, before it is used. What it throws is thrown to who needs the connection. */
  onConnect?: (client: pg.ClientBase) => Promise<void>
}

const idleInTransactionTimeoutMs = 60_000
const queryTimeoutMsDefault = 60_000
/** The limit for a query that writes thousands of rows, in a pool of shorter queries. */
export const largeWriteMs = 60_000
/** The limit for a query that reads a whole clinic, as `verify` does. */
export const longQueryMs = 3 * 60 * 60_000

/**
 * A pool of connections that parses `int8` and `numeric` as numbers (an int8 beyond 2⁵³ is an error, not a wrong
 * number) and `timestamptz` as a Date; `date` (`YYYY-MM-DD`), `xid8` and ranges are texts. Sessions run in UTC. The
 * server ends a session that is idle in a transaction for a minute, so that a hung process releases its locks.
 *
 * A lost connection, idle or in use, never ends the process; its queries reject. Every query has a timeout.
 */
export function createPool(settings: PoolSettings): DatabasePool {
  const pool = openDatabasePool({
    connectionString: settings.url,
    application_name: settings.name,
    max: settings.max,
    types: { getTypeParser },
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: settings.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 3_600,
    ...(settings.onConnect === undefined ? {} : { onConnect: settings.onConnect }),
    query_timeout: settings.queryTimeoutMs ?? queryTimeoutMsDefault,
    settings: {
      timezone: 'UTC',
      // JIT compilation takes longer than the queries: statistics over 62 days took 1.6–4 s with it, 0.3 s without.
      jit: 'off',
      lock_timeout: `${settings.lockTimeoutMs ?? 10_000}`,
      idle_in_transaction_session_timeout: `${idleInTransactionTimeoutMs}`,
      ...(settings.statementTimeoutMs === undefined ? {} : { statement_timeout: `${settings.statementTimeoutMs}` }),
    },
  })
  // end() does not wait until its connections are closed: a connection lost after that need not be reported.
  pool.on('error', (error) => {
    if (!pool.ending) settings.onIdleError?.(error)
  })
  return pool
}

/**
 * Runs `use` with a new pool, of one connection unless `max` says otherwise. Then ends the pool, also on failure.
 *
 * @throws what `use` throws
 */
export async function withPool<Result>(
  settings: Omit<PoolSettings, 'max'> & Partial<Pick<PoolSettings, 'max'>>,
  use: (pool: DatabasePool) => Promise<Result>,
): Promise<Result> {
  const pool = createPool({ max: 1, ...settings })
  try {
    return await use(pool)
  } finally {
    await pool.end()
  }
}

/**
 * Runs `work` in one transaction on one connection and commits. If it throws, the transaction is rolled back and the
 * error thrown again. A connection whose ROLLBACK fails is closed and not used again.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (transaction: pg.PoolClient) => Promise<Result>,
  begin: 'begin' | 'begin read write' | 'begin isolation level repeatable read read only' = 'begin',
): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    return await inClientTransaction(
      client,
      () => work(client),
      begin,
      (error) => {
        broken = error
      },
    )
  } finally {
    client.release(broken)
  }
}

// Each pool has these parsers: changing pg's global ones would affect the connections of other libraries.
const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, parseInt8],
  [pg.types.builtins.NUMERIC, Number],
  [pg.types.builtins.DATE, (text: string) => text],
  [pg.types.builtins.TIMESTAMPTZ, parseTime],
])

const parseAnyTime = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, 'text') as (text: string) => Date
const knownTimesMax = 1_000
const knownTimes = new Map<string, number>()

/** Cached, because the rows of a batch repeat a few times, and parsing one costs more than the rest of its row. */
export function parseTime(text: string): Date {
  let time = knownTimes.get(text)
  if (time === undefined) {
    time = parseAnyTime(text).getTime()
    if (knownTimes.size >= knownTimesMax) knownTimes.clear()
    knownTimes.set(text, time)
  }
  return new Date(time)
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const parser = format === 'binary' ? undefined : parsers.get(oid)
  if (parser !== undefined) return parser
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
}

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`The whole number ${text} is beyond 2^53.`)
  return value
}
