import { inShard, type SessionSettings, schemaOf, startupOptions, takeOptions, withPool } from '@holdfast/engine'
import { addressOf, failureOn, nodesOf } from '@holdfast/engine/nodes-of'
import { notPassedOn, readShards } from '@holdfast/engine/shards'
import { throwAll } from '@holdfast/engine/throw-all'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import sql from 'sql-template-tag'

/**
 * The schema of the job queue: `graphile_worker`; of a shard, whose node may have several, `graphile_worker_…`.
 *
 * @param url of the database, or of a shard
 */
export function jobsSchemaOf(url: string): string {
  return schemaOf(url).replace(/^holdfast/, 'graphile_worker')
}

/**
 * Creates the tables of the job queue as the owner and grants the application role access. Idempotent. Only one process
 * may run it at a time.
 *
 * @param ownerUrl of the database, or of a shard on its node
 * @param settings of its sessions: on Citus, a queue is of one node or of the coordinator alone
 * @throws PostgreSQL's errors, such as missing privileges
 */
export async function migrateJobs(ownerUrl: string, settings: SessionSettings = {}): Promise<void> {
  const schema = jobsSchemaOf(ownerUrl)
  const pool = await ownersPool(ownerUrl, schema, settings)
  try {
    await runMigrations({ pgPool: pool, schema })
    await pool.query(grantsOf(schema))
  } finally {
    await pool.end()
  }
}

/** Milliseconds. Others wait for the lock of starts meanwhile. */
const dropLockMs = '1000'

/**
 * Drops the tables of a shard's job queue, such as those on the node from which it was moved. Idempotent.
 *
 * @throws TypeError for a URL without a shard
 */
export async function dropJobs(ownerUrl: string): Promise<void> {
  const schema = jobsSchemaOf(ownerUrl)
  if (schema === 'graphile_worker') throw new TypeError('The job queue of a database is not dropped.')
  const pool = openPool(ownerUrl, pg.Client, { ...notPassedOn, lock_timeout: dropLockMs })
  try {
    await pool.query(`drop schema if exists ${schema} cascade`)
  } finally {
    await pool.end()
  }
}

/**
 * Drops the job queues of shards on nodes that do not have them, such as after a move. Their jobs are planned again by
 * the queues that replace them. Idempotent. Only one process may run it at a time.
 *
 * @param ownerUrl of the coordinator
 * @throws AggregateError of the nodes on which they could not be dropped
 */
export async function dropFormerQueues(ownerUrl: string): Promise<void> {
  const { shards, nodes } = await withPool({ url: ownerUrl, name: 'holdfast queues' }, async (coordinator) => ({
    shards: await readShards(coordinator),
    nodes: await nodesOf(coordinator, ownerUrl),
  }))
  const failures: Error[] = []
  for (const node of nodes) {
    const { ownerUrl: nodeUrl } = node
    const here = shards.filter((shard) => addressOf(shard) === addressOf(node))
    const queues = here.map(({ schema }) => jobsSchemaOf(inShard(nodeUrl, schema)))
    try {
      await withPool({ url: nodeUrl, name: 'holdfast queues' }, async (pool) => {
        const { rows } = await pool.query<{ shard: string }>(sql`
          select replace(nspname, 'graphile_worker', 'holdfast') as shard
            from pg_namespace where nspname ~ '^graphile_worker_[0-9]+$' and nspname <> all (${queues})`)
        for (const { shard } of rows) await dropJobs(inShard(nodeUrl, shard))
      })
    } catch (cause) {
      failures.push(failureOn(addressOf(node), cause))
    }
  }
  throwAll(failures)
}

/**
 * graphile-worker notifies all workers of the database of each of its migrations, and after some of these they end. A
 * schema that is new has no workers, and those of other shards on the node are not concerned.
 */
class SilentClient extends pg.Client {
  override query(...args: never[]): never {
    const [text, values] = args as unknown[]
    const isAnnouncement = text === announcement && Array.isArray(values) && values[0] === 'worker:migrate'
    const sent = isAnnouncement ? (['select'] as never[]) : args
    return super.query(...(sent as [never])) as never
  }
}

const announcement = 'select pg_notify($1, $2)'

async function ownersPool(ownerUrl: string, schema: string, settings: SessionSettings): Promise<pg.Pool> {
  const pool = openPool(ownerUrl, pg.Client, settings)
  try {
    // The application gets the schema last.
    const { rows } = await pool.query<{ isInUse: boolean | null }>(
      `select has_schema_privilege('holdfast_app', to_regnamespace($1)::oid, 'usage') as "isInUse"`,
      [schema],
    )
    if (rows[0]?.isInUse === true) return pool
  } catch (error) {
    await pool.end()
    throw error
  }
  await pool.end()
  return openPool(ownerUrl, SilentClient, settings)
}

const connectTimeoutMs = 5_000
/** A node may hang. */
const queryTimeoutMs = 60_000

function openPool(ownerUrl: string, Client: typeof pg.Client, settings: SessionSettings): pg.Pool {
  const { options, rest } = takeOptions(ownerUrl)
  const pool = new pg.Pool({
    connectionString: rest,
    options: [options ?? '', startupOptions(settings)].join(' ').trim(),
    max: 4,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    application_name: 'holdfast jobs migration',
    Client,
  })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

// The queue's tables have row-level security, which hides all rows from other roles. A policy grants access.
const grantsOf = (schema: string) => `
  grant usage on schema ${schema} to holdfast_app;
  grant select, insert, update, delete on all tables in schema ${schema} to holdfast_app;
  grant usage, select on all sequences in schema ${schema} to holdfast_app;
  grant execute on all functions in schema ${schema} to holdfast_app;
  revoke insert, update, delete on ${schema}.migrations from holdfast_app;
  do $$
  declare
    v_table regclass;
  begin
    for v_table in
      select c.oid from pg_class c
       where c.relnamespace = '${schema}'::regnamespace and c.relkind = 'r' and c.relrowsecurity
         and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'holdfast_app')
    loop
      execute format('create policy holdfast_app on %s to holdfast_app using (true) with check (true)', v_table);
    end loop;
  end $$`
