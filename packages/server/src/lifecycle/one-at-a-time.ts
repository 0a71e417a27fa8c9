import { advisoryWaitMinutesMax, connectClient, isPooled, poolerOf, takeAdvisoryLock } from '@holdfast/engine'
import type pg from 'pg'
import { poolModeStatement, StartError } from './start-error.ts'

/**
 * Runs `work` in one process at a time, with an advisory lock on the database, so that servers that start together
 * create the schema and the initial data one after the other. (The accounts library reads every table of every
 * schema, and fails on one that another process is creating.)
 *
 * @throws StartError when the others take longer than five minutes, or for a pooler; and whatever `work` throws
 */
export async function oneAtATime<Result>(ownerUrl: string, work: () => Promise<Result>): Promise<Result> {
  // If the idle connection is lost, the work continues and the next query fails.
  const client = await connectClient({ url: ownerUrl, name: 'holdfast start', queryTimeoutMs: 10_000 })
  try {
    // Marked: a pooler in session mode.
    if (!isPooled(ownerUrl)) await refusePooler(client)
    if (!(await takeAdvisoryLock(client, 'serverStart'))) {
      throw new StartError(
        `Another server has been starting on this database for ${advisoryWaitMinutesMax} minutes: see ` +
          '"holdfast start" in pg_stat_activity.',
      )
    }
    return await work()
  } finally {
    // Ending the session releases the lock.
    await client.end()
  }
}

/** Behind a pooler, the lock would be of a session that belongs to nobody. */
async function refusePooler(client: pg.Client): Promise<void> {
  const pooler = await poolerOf(client)
  if (pooler === 'none') return
  if (pooler === 'statement') throw new StartError(poolModeStatement)
  throw new StartError(
    'DATABASE_URL leads to a connection pooler such as PgBouncer. Migrations, notifications and the job queue need ' +
      'PostgreSQL itself: set DATABASE_DIRECT_URL to the URL of the same database and role without the pooler (or, ' +
      'if its pool mode is session, DATABASE_POOL=session).',
  )
}
