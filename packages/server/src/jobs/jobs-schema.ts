import { runMigrations } from 'graphile-worker'
import pg from 'pg'

/** The schema of the job queue. */
export const jobsSchema = 'graphile_worker'

/**
 * Creates the tables of the job queue as the owner and grants the application role access. Idempotent. Only one process
 * may run it at a time.
 *
 * @throws PostgreSQL's errors, such as missing privileges
 */
export async function migrateJobs(ownerUrl: string): Promise<void> {
  const pool = openPool(ownerUrl)
  try {
    await runMigrations({ pgPool: pool, schema: jobsSchema })
    await pool.query(grants)
  } finally {
    await pool.end()
  }
}

const connectTimeoutMs = 5_000
/** A server may hang. */
const queryTimeoutMs = 60_000

function openPool(ownerUrl: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: ownerUrl,
    max: 4,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    application_name: 'holdfast jobs migration',
  })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

// The queue's tables have row-level security, which hides all rows from other roles. A policy grants access.
const grants = `
  grant usage on schema ${jobsSchema} to holdfast_app;
  grant select, insert, update, delete on all tables in schema ${jobsSchema} to holdfast_app;
  grant usage, select on all sequences in schema ${jobsSchema} to holdfast_app;
  grant execute on all functions in schema ${jobsSchema} to holdfast_app;
  revoke insert, update, delete on ${jobsSchema}.migrations from holdfast_app;
  do $$
  declare
    v_table regclass;
  begin
    for v_table in
      select c.oid from pg_class c
       where c.relnamespace = '${jobsSchema}'::regnamespace and c.relkind = 'r' and c.relrowsecurity
         and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'holdfast_app')
    loop
      execute format('create policy holdfast_app on %s to holdfast_app using (true) with check (true)', v_table);
    end loop;
  end $$`
