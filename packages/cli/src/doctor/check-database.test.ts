import { changeDatabaseUrl, createPool } from '@holdfast/engine'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { checkDatabase } from './check-database.ts'

/** A connection that PostgreSQL lists among its replicas. */
async function connectReplica({ ownerUrl }: TestDatabase): Promise<void> {
  const url = new URL(ownerUrl)
  url.searchParams.set('replication', 'database')
  const pool = createPool({ url: url.href, max: 1, name: 'a replica' })
  const replica = await pool.connect()
  onTestFinished(async () => {
    replica.release()
    await pool.end()
  })
}

async function replicationOf({ ownerUrl }: TestDatabase) {
  const { checks } = await checkDatabase(ownerUrl)
  return checks.find(({ name }) => name === 'replication')
}

test('replicas without synchronous_standby_names are a warning, because a failover loses bookings', async ({
  database,
}) => {
  expect(await replicationOf(database)).toBeUndefined()
  await connectReplica(database)
  const found = await replicationOf(database)
  expect(found).toMatchObject({ state: 'warning', fix: expect.stringContaining('synchronous_mode') })
  expect(found?.found).toContain('replica')
})

async function checkOf(name: string, ownerUrl: string, appUrl: string | null) {
  const { checks } = await checkDatabase(ownerUrl, appUrl)
  return checks.find((check) => check.name === name)
}

test('a DATABASE_APP_URL with the login of the application is fine', async ({ database: { ownerUrl, appUrl } }) => {
  expect(await checkOf('application login', ownerUrl, appUrl)).toMatchObject({ state: 'ok' })
})

test('a DATABASE_APP_URL with the login of the owner is an error, because it can change bookings by itself', async ({
  database: { ownerUrl },
}) => {
  expect(await checkOf('application login', ownerUrl, ownerUrl)).toMatchObject({
    state: 'error',
    found: expect.stringMatching(/of DATABASE_APP_URL is (a superuser|the owner of the schema).*CREATE ROLE/),
  })
})

test('a DATABASE_APP_URL that PostgreSQL does not let in is an error', async ({ database: { ownerUrl } }) => {
  const appUrl = changeDatabaseUrl(ownerUrl, { user: 'nobody_at_all', password: 'x' })
  const found = await checkOf('application login', ownerUrl, appUrl)
  expect(found).toMatchObject({ state: 'error', found: expect.stringContaining('cannot log in') })
})

test('a DATABASE_URL with the login of the application is an error that names the owner', async ({
  database: { ownerUrl, appUrl },
}) => {
  const owner = decodeURIComponent(new URL(ownerUrl).username)
  expect(await checkOf('owner', appUrl, null)).toMatchObject({
    state: 'error',
    found: expect.stringContaining(`does not own the schema holdfast: ${owner} does`),
    fix: expect.stringContaining('DATABASE_APP_URL'),
  })
  // Nothing that it may not read is reported as missing.
  expect(await checkOf('migrations', appUrl, null)).toBeUndefined()
})
