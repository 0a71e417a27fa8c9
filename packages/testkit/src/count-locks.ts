import type pg from 'pg'

type Query = (...args: unknown[]) => Promise<unknown>

// A table or index that is locked in several modes takes one place in the server's table of locks.
const countLocks = `select count(distinct relation)::int as count from pg_locks
  where pid = pg_backend_pid() and locktype = 'relation' and relation <> 'pg_locks'::regclass`

/**
 * A pool that counts the locks on tables and indexes that each transaction holds at its end: a statement alone is run
 * in a transaction. Each plans all its statements anew, as after an autovacuum: planning takes the most locks.
 */
type LockCounter = {
  pool: pg.Pool
  /** The most that one transaction has held since the last call. */
  takeMax(): number
}

export function lockCounter(pool: pg.Pool): LockCounter {
  let most = 0
  const note = async (client: pg.PoolClient) => {
    const { rows } = await client.query<{ count: number }>(countLocks)
    most = Math.max(most, rows[0]?.count ?? 0)
  }
  const connectWithoutPlans = async () => {
    const client = await pool.connect()
    await client.query('discard plans')
    return client
  }
  const counting = {
    async query(...args: unknown[]) {
      const client = await connectWithoutPlans()
      try {
        await client.query('begin')
        const result = await (client.query as unknown as Query).apply(client, args)
        await note(client)
        await client.query('commit')
        return result
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    async connect() {
      const client = await connectWithoutPlans()
      return {
        async query(...args: unknown[]) {
          if (args[0] === 'commit') await note(client)
          return await (client.query as unknown as Query).apply(client, args)
        },
        release: (error?: Error) => client.release(error),
      }
    },
  }
  return {
    pool: counting as unknown as pg.Pool,
    takeMax() {
      const taken = most
      most = 0
      return taken
    },
  }
}
