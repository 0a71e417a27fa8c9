import { changeDatabaseUrl, createPool } from '@holdfast/engine'
import { createTestCluster, type TestCluster } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { checkDatabase } from './check-database.ts'

/** A connection that PostgreSQL lists among its replicas. */
async function connectReplica({ ownerUrl }: { ownerUrl: string }, name = 'a replica'): Promise<void> {
  const url = new URL(ownerUrl)
  url.searchParams.set('replication', 'database')
  const pool = createPool({ url: url.href, max: 1, name })
  const replica = await pool.connect()
  onTestFinished(async () => {
    replica.release()
    await pool.end()
  })
}

async function replicationOf({ ownerUrl }: { ownerUrl: string }) {
  const { checks } = await checkDatabase(ownerUrl)
  return checks.find(({ name }) => name === 'replication')
}

test('replicas without synchronous_standby_names warn, as a failover loses bookings', async ({ database }) => {
  expect(await replicationOf(database)).toBeUndefined()
  // The backup's own connection is none.
  await connectReplica(database, 'holdfast backup')
  expect(await replicationOf(database)).toBeUndefined()
  await connectReplica(database)
  const found = await replicationOf(database)
  expect(found).toMatchObject({ state: 'warning', fix: expect.stringContaining('synchronous_mode') })
  expect(found?.found).toContain('1 replica is connected')
  // Backups refuse a *.
  expect(found?.fix).not.toContain('*')
})

test('a database that was moved to another server is an error', async ({ database }) => {
  const checksOf = async (url: string) => (await checkDatabase(url)).checks.filter(({ name }) => name === 'database')
  expect(await checksOf(database.ownerUrl)).toMatchObject([{ state: 'ok' }])
  const url = new URL(database.ownerUrl)
  url.searchParams.set('options', '-c default_transaction_read_only=on')
  expect(await checksOf(url.href)).toMatchObject([
    { state: 'ok' },
    { state: 'error', found: expect.stringContaining('is read-only'), fix: expect.stringContaining('--reopen') },
  ])
})

describe('a primary whose commits wait for a replica', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await createTestCluster()
    await cluster.stop()
    await cluster.start({ synchronous_standby_names: 'ANY 1 (*)' })
  })
  afterAll(() => cluster.end())

  test.for([
    ['off', 'warning'],
    ['local', 'warning'],
    ['remote_write', 'ok'],
    ['on', 'ok'],
    ['remote_apply', 'ok'],
  ] as const)('synchronous_commit = %s: %s', async ([setting, state]) => {
    await connectReplica(cluster)
    const url = new URL(cluster.ownerUrl)
    url.searchParams.set('options', `-c synchronous_commit=${setting}`)
    const found = await replicationOf({ ownerUrl: url.href })
    expect(found).toMatchObject({ state, ...(state === 'warning' ? { fix: 'set it to on' } : {}) })
    expect(found?.found).toContain(state === 'ok' ? 'ANY 1 (*)' : `synchronous_commit is ${setting}`)
  })
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
