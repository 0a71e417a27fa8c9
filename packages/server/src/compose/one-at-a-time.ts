import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StartError } from '../start-error.ts'

// The engine's own locks have the class 'Hold'; this one is 'HoSt', for what servers do at their start.
const advisoryLock = [0x486f5374, 1] as const
const waitMsMax = 300_000
const askAgainMs = 100

/**
 * Runs `work` while no other process runs its own, by an advisory lock on the database: servers that start together
 * make schema and first contents one after the other. (The accounts library looks at every table of every schema; one
 * that another process just makes has failed it.) Asks again rather than waits in PostgreSQL: a waiting statement
 * would hold a snapshot.
 *
 * @throws StartError when the others take longer than five minutes; and whatever `work` throws
 */
export async function oneAtATime<Result>(ownerUrl: string, work: () => Promise<Result>): Promise<Result> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'holdfast start',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  // Lost while nothing is asked of it: the work goes on, and the next question fails.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await takeLock(client)
    return await work()
  } finally {
    // Ends the session, and the lock with it.
    await client.end()
  }
}

async function takeLock(client: pg.Client): Promise<void> {
  const deadline = performance.now() + waitMsMax
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
      ...advisoryLock,
    ])
    if (rows[0]?.taken === true) return
    if (performance.now() > deadline) {
      throw new StartError(
        'Another server has been starting on this database for five minutes. Look for "holdfast start" in pg_stat_activity.',
      )
    }
    await delay(askAgainMs)
  }
}
