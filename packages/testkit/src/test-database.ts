import { randomBytes } from 'node:crypto'
import { createPool } from '@holdfast/engine/database'
import { changeDatabaseUrl } from '@holdfast/engine/database-url'
import pg from 'pg'
import { testEnvironment } from './test-environment.ts'

/** A database of one's own, migrated and empty. */
export type TestDatabase = {
  /** The owner's: may do everything, as migrations do. */
  ownerUrl: string
  /** The application role's, as the server logs in. */
  appUrl: string
  ownerPool: pg.Pool
  appPool: pg.Pool
  /** Ends both pools and every other session on it, and removes it. */
  drop(): Promise<void>
}

const appPoolMax = 20
const ownerPoolMax = 10

/** Clones the run's template: 0.1–0.4 s, against 1 s to migrate an empty one. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const environment = testEnvironment()
  const run = environment.HOLDFAST_TEST_RUN
  const database = `${run}_${randomBytes(4).toString('hex')}`
  await onServer(`create database ${database} template ${run}_template`)
  const ownerUrl = changeDatabaseUrl(environment.HOLDFAST_TEST_DATABASE_URL, { database })
  const appUrl = changeDatabaseUrl(ownerUrl, { user: `${run}_app`, password: environment.HOLDFAST_TEST_APP_PASSWORD })
  const ownerPool = createPool({ url: ownerUrl, max: ownerPoolMax, name: 'test owner' })
  const appPool = createPool({ url: appUrl, max: appPoolMax, name: 'test app' })
  return {
    ownerUrl,
    appUrl,
    ownerPool,
    appPool,
    async drop() {
      await Promise.all([ownerPool.end(), appPool.end()])
      await onServer(`drop database if exists ${database} with (force)`)
    },
  }
}

/** A database without anything in it, not even our schema. `drop` as for {@link TestDatabase}. */
export async function createEmptyDatabase(): Promise<{ ownerUrl: string; drop(): Promise<void> }> {
  const environment = testEnvironment()
  const database = `${environment.HOLDFAST_TEST_RUN}_${randomBytes(4).toString('hex')}`
  await onServer(`create database ${database} encoding 'UTF8' template template0`)
  return {
    ownerUrl: changeDatabaseUrl(environment.HOLDFAST_TEST_DATABASE_URL, { database }),
    drop: () => onServer(`drop database if exists ${database} with (force)`),
  }
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({
    connectionString: testEnvironment().HOLDFAST_TEST_DATABASE_URL,
    application_name: 'holdfast testkit',
  })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
