import pg from 'pg'

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
  /** Told when a connection that nobody was using is lost. The pool has dropped it and will open another. */
  onIdleError?: (error: Error) => void
}

const idleInTransactionTimeoutMs = 60_000

/**
 * A pool of connections with the house's types: `int8` and `numeric` are numbers (an int8 beyond 2⁵³ is an error, not
 * a wrong number), `timestamptz` is a Date, `date` stays the text `YYYY-MM-DD`, `xid8` and ranges stay text. Sessions
 * run in UTC, and one that idles inside a transaction for a minute is ended by the server, so that a hung process
 * can't keep its locks.
 *
 * A lost connection, idle or in use, never ends the process; a query on a lost one rejects, as always.
 */
export function createPool(settings: PoolSettings): pg.Pool {
  const pool = new pg.Pool({
    connectionString: settings.url,
    application_name: settings.name,
    max: settings.max,
    types: { getTypeParser },
    // JIT compiles for a second what runs for a tenth: figures over 62 days took 1.6–4 s with it, 0.3 s without.
    options: '-c timezone=UTC -c jit=off',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 3_600,
    lock_timeout: settings.lockTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    ...(settings.statementTimeoutMs === undefined ? {} : { statement_timeout: settings.statementTimeoutMs }),
  })
  // end() lets its connections go without waiting until they are closed: one lost after that is nobody's any more.
  pool.on('error', (error) => {
    if (!pool.ending) settings.onIdleError?.(error)
  })
  // A connection in somebody's hands is not watched by the pool, and its error event without a listener would end the
  // process. Whoever holds it hears of the loss by the query that fails.
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}

/**
 * Runs `work` in one transaction on one connection and commits; any throw rolls back and is thrown on. A connection
 * whose ROLLBACK fails is closed, not handed to the next.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (transaction: pg.PoolClient) => Promise<Result>,
  begin: 'begin' | 'begin isolation level repeatable read read only' = 'begin',
): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(begin)
    const result = await work(client)
    // COMMIT of a transaction that an error has already ended answers ROLLBACK, and raises nothing.
    const { command } = await client.query('commit')
    if (command !== 'COMMIT') throw new Error(`The transaction was not committed: the database answered ${command}.`)
    return result
  } catch (error) {
    try {
      await client.query('rollback')
    } catch (rollbackError) {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError))
    }
    throw error
  } finally {
    client.release(broken)
  }
}

// The parsers are given to each pool: changing pg's global ones would reach into other libraries' connections.
const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, parseInt8],
  [pg.types.builtins.NUMERIC, Number],
  [pg.types.builtins.DATE, (text: string) => text],
  [pg.types.builtins.TIMESTAMPTZ, parseTime],
])

const parseAnyTime = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, 'text') as (text: string) => Date
const knownTimesMax = 1_000
const knownTimes = new Map<string, number>()

/** A batch's rows say the same few times again and again, and reading one costs more than all the rest of a row. */
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
  const own = format === 'binary' ? undefined : parsers.get(oid)
  if (own !== undefined) return own
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
}

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`The whole number ${text} is beyond 2^53.`)
  return value
}
