import { randomBytes } from 'node:crypto'
import { asPooled, changeDatabaseUrl, createPool } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import pg from 'pg'
import { throughPgBouncer } from './pgbouncer.ts'
import { type PreparedServer, preparedServer } from './test-environment.ts'

/** A separate database, migrated and empty. */
export type TestDatabase = {
  name: string
  /** The owner may do everything, as migrations need. */
  ownerUrl: string
  /** The application role, as the server logs in. */
  appUrl: string
  /** The same, also where `appUrl` leads to PgBouncer: for what depends on the session. */
  sessionUrl: string
  ownerPool: pg.Pool
  appPool: pg.Pool
  /**
   * Ends both pools and every other session on the database, and drops it.
   *
   * @throws Error if a client was not released within 10 s: pg's pool would wait for it for ever, and the run would end
   * by its time limit without the failure of the test that has left it
   */
  drop(): Promise<void>
}

const appPoolMax = 20
const ownerPoolMax = 10
const releaseMsDefault = 10_000

/**
 * Clones a template, the run's by default, where migrating an empty database takes 1 s. FILE_COPY takes 16 ms of CPU
 * for a clone and 7 for its end, where the default, which writes every page to the WAL, takes 79 and 19.
 */
export async function createTestDatabase(
  server: PreparedServer = preparedServer(),
  template = `${server.run}_template`,
  releaseMs = releaseMsDefault,
): Promise<TestDatabase> {
  const { url, run, appPassword, pooler } = server
  const database = `${run}_${randomBytes(4).toString('hex')}`
  await onServer(`create database ${database} template ${template} strategy file_copy`)
  const ownerUrl = changeDatabaseUrl(url, { database })
  const sessionUrl = changeDatabaseUrl(ownerUrl, { user: `${run}_app`, password: appPassword })
  const appUrl = pooler === undefined ? sessionUrl : asPooled(throughPgBouncer(sessionUrl, pooler))
  const ownerPool = createPool({ url: ownerUrl, max: ownerPoolMax, name: 'test owner' })
  const appPool = createPool({ url: appUrl, max: appPoolMax, name: 'test app' })
  return {
    name: database,
    ownerUrl,
    appUrl,
    sessionUrl,
    ownerPool,
    appPool,
    async drop() {
      const ended = Promise.all([ownerPool, appPool].map((pool) => (pool.ending ? undefined : pool.end())))
      const message = `A test has not released a client of ${database}.`
      try {
        await pTimeout(ended, { milliseconds: releaseMs, message })
      } finally {
        await onServer(`drop database if exists ${database} with (force)`)
      }
    },
  }
}

/** A database with nothing in it, not even our schema. `drop` also drops the logins that a migration created for it. */
export async function createEmptyDatabase(): Promise<{ ownerUrl: string; drop(): Promise<void> }> {
  const { url, run } = preparedServer()
  const database = `${run}_${randomBytes(4).toString('hex')}`
  await onServer(`create database ${database} encoding 'UTF8' template template0 strategy file_copy`)
  return {
    ownerUrl: changeDatabaseUrl(url, { database }),
    async drop() {
      await onServer(`drop database if exists ${database} with (force)`)
      await onServer(`drop role if exists ${database}_holdfast_app`)
    },
  }
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: preparedServer().url, application_name: 'holdfast testkit' })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
