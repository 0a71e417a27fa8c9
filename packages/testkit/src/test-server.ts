import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl } from '@holdfast/engine/database-url'
import { migrate } from '@holdfast/engine/migrate'
import pg from 'pg'
import type { TestEnvironment } from './test-environment.ts'

/** The server that a run's databases are made on. `environment` is what `createTestDatabase` needs to know. */
export type TestServer = { environment: TestEnvironment; stop(): Promise<void> }

/**
 * Uses the server of DATABASE_URL when it is set (its login must be allowed to create databases and roles), else starts
 * the embedded one in a temporary directory. Makes a migrated template database and an application login, both named
 * for this run, so that runs can share a server; `stop` removes them, with every clone that a test left behind.
 */
export async function startTestServer(environment: NodeJS.ProcessEnv): Promise<TestServer> {
  const given = environment.DATABASE_URL
  const server = given === undefined || given === '' ? await startEmbedded() : { url: given, stop: async () => {} }
  try {
    const run = `holdfast_test_${randomBytes(4).toString('hex')}`
    const template = `${run}_template`
    const login = `${run}_app`
    const password = randomBytes(16).toString('hex')
    await withClient(server.url, async (client) => {
      await checkRights(client)
      await client.query(`create database ${template} encoding 'UTF8' template template0`)
    })
    const templateUrl = changeDatabaseUrl(server.url, { database: template })
    await migrate({ ownerUrl: templateUrl })
    await withClient(server.url, async (client) => {
      await client.query(`create role ${login} login password '${password}' in role holdfast_app`)
      // For an owner that is no superuser: only so may it end the login's sessions, and drop databases they are in.
      await client.query(`grant ${login} to current_user`)
      await client.query(`alter database ${template} allow_connections false`)
    })
    return {
      environment: {
        HOLDFAST_TEST_DATABASE_URL: server.url,
        HOLDFAST_TEST_RUN: run,
        HOLDFAST_TEST_APP_PASSWORD: password,
      },
      async stop() {
        await withClient(server.url, (client) => dropRun(client, run))
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Durability is off: what is on disk after a crash is not what these tests are about, and they take half as long. */
async function startEmbedded(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
  const embedded = await startEmbeddedPostgres({
    dataDirectory,
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '300',
      max_wal_size: '4GB',
    },
  })
  return {
    url: embedded.ownerUrl,
    async stop() {
      await embedded.stop()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

async function checkRights(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ login: string; enough: boolean }>(
    `select rolname as login, rolsuper or rolcreatedb and rolcreaterole as enough from pg_roles where rolname = current_user`,
  )
  if (rows[0]?.enough !== true) {
    throw new Error(
      `The tests make databases and roles of their own; DATABASE_URL's login may not. Run: ALTER ROLE "${rows[0]?.login}" CREATEDB CREATEROLE; or leave DATABASE_URL out: then they bring their own server.`,
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
