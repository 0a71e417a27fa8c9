import { withPool } from '@holdfast/engine'
import { type ConnectionSettings, connectionsMax, connectionsOfProcess } from '@holdfast/server/database-connections'
import sql from 'sql-template-tag'
import { type Check, ok, warning } from './check.ts'

type Facts = { connections_max: number; reserved: number }

/** Whether PostgreSQL accepts as many connections as `start` opens with these settings, without a pooler. */
export async function checkConnections(url: string, config: ConnectionSettings): Promise<Check> {
  return withPool({ url, name: 'holdfast doctor' }, async (pool) => {
    // PostgreSQL 16 has a second reserve.
    const { rows } = await pool.query<Facts>(sql`
      select current_setting('max_connections')::int as connections_max,
             current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved`)
    const [facts] = rows
    if (facts === undefined) throw new Error('the database returned no row about its connections')
    return judge(facts, config)
  })
}

function judge({ connections_max, reserved }: Facts, config: ConnectionSettings): Check {
  const needed = connectionsMax(config)
  const { processes } = config
  const of = processes === 1 ? 'this server' : `this server with its ${processes} processes`
  const found = `${of} opens up to ${needed}; max_connections is ${connections_max}, of which ${reserved} are reserved`
  if (needed <= connections_max - reserved) return ok('connections', found)
  const fix =
    `set max_connections to ${needed + reserved} or more, and ${connectionsOfProcess(config)} more for each process ` +
    'of other servers; or put PgBouncer before the database (docs/operations/pgbouncer.md)'
  return warning('connections', `${found}: under load, requests fail`, fix)
}
