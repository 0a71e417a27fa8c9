import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '@holdfast/engine'

const endedMsMax = 10_000

/**
 * How many transactions a deadlock has ended in a database, ever. A session reports its own when it ends, if not
 * before, so this waits for the sessions named `application` to end.
 *
 * @throws Error if one of them is still there after 10 s
 */
export async function deadlocksIn(databaseUrl: string, application: string): Promise<number> {
  const pool = createPool({ url: databaseUrl, max: 1, name: 'bench deadlocks' })
  const number = async (query: string, values: string[]) => (await pool.query<{ n: number }>(query, values)).rows[0]?.n
  const sessions = `
    select count(*) as n from pg_stat_activity where datname = current_database() and application_name = $1`
  const deadline = performance.now() + endedMsMax
  try {
    while ((await number(sessions, [application])) !== 0) {
      if (performance.now() > deadline) throw new Error(`Sessions of ${application} have not ended.`)
      await delay(20)
    }
    const counted = await number('select deadlocks as n from pg_stat_database where datname = current_database()', [])
    if (counted === undefined) throw new Error('The database has no statistics.')
    return counted
  } finally {
    await pool.end()
  }
}
