import { findPooler, type Pooler } from '@holdfast/engine'
import type { Config } from '@holdfast/server/config'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem } from './check.ts'

type Settings = Pick<Config, 'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool'>

/** Whether DATABASE_URL and the others lead to PostgreSQL or a pooler, and whether that works. */
export async function checkPooler(config: Settings): Promise<Check[]> {
  const urls = [
    ['DATABASE_URL', config.databaseUrl],
    ['DATABASE_APP_URL', config.databaseAppUrl],
    ['DATABASE_DIRECT_URL', config.databaseDirectUrl],
  ] as const
  const checks: Check[] = []
  for (const [name, url] of urls) {
    if (url === null) continue
    try {
      const check = judge(name, await findPooler(url), config)
      if (check !== null) checks.push(check)
    } catch (error) {
      const fix = `check ${name}, and that the server there runs and lets this login in`
      checks.push(problem('pooler', `${name} cannot be reached: ${messageOf(error)}`, fix))
    }
  }
  return checks
}

/** null: nothing to report. */
function judge(name: string, pooler: Pooler, { databaseDirectUrl, databasePool }: Settings): Check | null {
  if (pooler === 'none') return null
  if (pooler === 'statement') {
    const found = `${name} leads to a connection pooler with pool mode statement, which allows no transactions`
    return problem('pooler', found, 'set pool_mode = transaction in pgbouncer.ini')
  }
  const found = `${name} leads to a connection pooler`
  if (name === 'DATABASE_DIRECT_URL') {
    return problem('pooler', found, 'set it to the URL of PostgreSQL itself')
  }
  if (databasePool === 'direct') {
    return problem('pooler', `${found}, but DATABASE_POOL is direct`, 'unset DATABASE_POOL')
  }
  if (name === 'DATABASE_URL' && databaseDirectUrl === null && databasePool !== 'session') {
    const fix = 'set DATABASE_DIRECT_URL to the same database and role without it; or, with pool mode session, '
    return problem('pooler', found, `${fix}DATABASE_POOL=session`)
  }
  return ok('pooler', `${found}, used as one with pool mode ${databasePool === 'session' ? 'session' : 'transaction'}`)
}
