import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl, migrate } from '@holdfast/engine'
import pg from 'pg'
import { copyDataDirectory, fastSettings, prepareDataDirectory } from './data-directory.ts'
import { startPgBouncer } from './pgbouncer.ts'
import type { PreparedServer, TestEnvironment } from './test-environment.ts'

/** The PostgreSQL servers of a run. `environment` describes them to the test processes. */
export type TestServers = { environment: TestEnvironment; stop(): Promise<void> }

/** `isMigrated`: the database of `url` is migrated and empty. */
type RunningPostgres = { url: string; isMigrated: boolean; stop(): Promise<void> }
type TestServer = { server: PreparedServer; stop(): Promise<void> }

/**
 * Uses the server of DATABASE_URL when it is set (its login must be allowed to create databases and roles), else starts
 * an embedded one for each worker in temporary directories. Two workers share no server, because some state belongs to
 * the whole server: the oldest running transaction, roles, checkpoints.
 *
 * If HOLDFAST_TEST_POOLED is `on`, the application connects to each through PgBouncer.
 *
 * @param workerCount how many test files run at a time
 */
export async function startTestServers(environment: NodeJS.ProcessEnv, workerCount: number): Promise<TestServers> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
  await chmod(directory, 0o711)
  const compileCache = join(directory, 'compile-cache')
  const started: TestServer[] = []
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()))
    // A process that a test killed may still be writing to the compile cache.
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
  const databaseUrl = environment.DATABASE_URL
  const isPooled = environment.HOLDFAST_TEST_POOLED === 'on'
  try {
    const dataDirectory = join(directory, 'prepared')
    await prepareDataDirectory(dataDirectory)
    if (databaseUrl !== undefined && databaseUrl !== '') {
      const server = await prepareServer({ url: databaseUrl, isMigrated: false, stop: async () => {} }, isPooled)
      started.push(server)
      return { environment: { servers: [server.server], dataDirectory, compileCache }, stop }
    }
    const starts = await Promise.allSettled(
      Array.from({ length: workerCount }, async (_, worker) => {
        const copy = join(directory, `worker-${worker + 1}`)
        await copyDataDirectory(dataDirectory, copy)
        started[worker] = await prepareServer(await startEmbedded(copy), isPooled)
      }),
    )
    for (const one of starts) if (one.status === 'rejected') throw one.reason
    return { environment: { servers: started.map(({ server }) => server), dataDirectory, compileCache }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Creates a migrated template database and an application login, both named after this run, so that runs can share a
 * server; `stop` drops them, with every clone that a test left behind, and then stops the server.
 */
async function prepareServer(postgres: RunningPostgres, isPooled: boolean): Promise<TestServer> {
  const { url } = postgres
  try {
    const run = `holdfast_test_${randomBytes(4).toString('hex')}`
    const template = `${run}_template`
    const login = `${run}_app`
    const appPassword = randomBytes(16).toString('hex')
    await withClient(url, checkRights)
    await createTemplate(postgres, template)
    await withClient(url, async (client) => {
      await client.query(`create role ${login} login password '${appPassword}' in role holdfast_app`)
      // An owner that is not a superuser needs this to end the login's sessions, and to drop databases they are in.
      await client.query(`grant ${login} to current_user`)
      await client.query(`alter database ${template} allow_connections false`)
    })
    const bouncer = isPooled ? await startPgBouncer(url) : null
    return {
      server: {
        url,
        run,
        appPassword,
        ...(bouncer === null ? {} : { pooler: bouncer.directory }),
      },
      async stop() {
        await bouncer?.stop()
        await withClient(url, (client) => dropRun(client, run))
        await postgres.stop()
      },
    }
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

/** Migrations take 1 s, and a copy of a migrated database 0.02. */
async function createTemplate({ url, isMigrated }: RunningPostgres, template: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>('select quote_ident(current_database()) as name')
    const source = isMigrated ? `template ${rows[0]?.name} strategy file_copy` : "encoding 'UTF8' template template0"
    await client.query(`create database ${template} ${source}`)
  })
  const ownerUrl = changeDatabaseUrl(url, { database: template })
  if (!isMigrated) await migrate({ ownerUrl })
}

/**
 * Durability is off, because these tests do not crash the server, and they take half as long. Dropping a database
 * passes over all shared buffers: that takes 7 ms of CPU instead of 9 with the 512 MB of a large machine.
 */
async function startEmbedded(dataDirectory: string): Promise<RunningPostgres> {
  const { ownerUrl, stop } = await startEmbeddedPostgres({
    dataDirectory,
    settings: {
      ...fastSettings,
      synchronous_commit: 'off',
      max_connections: '300',
      max_wal_size: '1GB',
      shared_buffers: '128MB',
    },
  })
  // The copy of a migrated database may have had to be left out: see copyDataDirectory.
  await migrate({ ownerUrl })
  return { url: ownerUrl, isMigrated: true, stop: () => stop() }
}

async function checkRights(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ login: string; enough: boolean }>(`
    select rolname as login, rolsuper or rolcreatedb and rolcreaterole as enough from pg_roles
     where rolname = current_user`)
  if (rows[0]?.enough !== true) {
    throw new Error(
      'The tests create databases and roles, and the login of DATABASE_URL may not. Run: ALTER ROLE ' +
        `"${rows[0]?.login}" CREATEDB CREATEROLE; or unset DATABASE_URL: then they start their own server.`,
    )
  }
}

async function dropRun(client: pg.Client, run: string): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    "select datname from pg_database where datname like replace($1, '_', '\\_') || '\\_%'",
    [run],
  )
  for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`)
  const roles = await client.query<{ rolname: string }>(
    "select rolname from pg_roles where rolname like replace($1, '_', '\\_') || '\\_%'",
    [run],
  )
  for (const { rolname } of roles.rows) await client.query(`drop role if exists ${rolname}`)
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: 'holdfast testkit' })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
