import { changeDatabaseUrl } from '@holdfast/engine'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from './test-database.ts'
import { testEnvironment } from './test-environment.ts'
import { startTestServer } from './test-server.ts'

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows.map((row) => Object.values(row)[0])
  } finally {
    await client.end()
  }
}

const serverUrl = testEnvironment().HOLDFAST_TEST_DATABASE_URL

test('two databases of one run know nothing of each other, and each is empty', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()])
  try {
    await one.ownerPool.query(`insert into holdfast.specialization (name) values ('Cardiology')`)
    expect(await query(other.appUrl, 'select count(*)::int from holdfast.specialization')).toEqual([0])
    expect(await query(one.appUrl, 'select count(*)::int from holdfast.specialization')).toEqual([1])
  } finally {
    await Promise.all([one.drop(), other.drop()])
  }
})

test('a database is dropped with whoever is still in it', async () => {
  const database = await createTestDatabase()
  const [name] = await query(database.ownerUrl, 'select current_database()::text')
  const lingering = new pg.Client({ connectionString: database.appUrl })
  const lost = new Promise((resolve) => lingering.on('error', resolve))
  await lingering.connect()
  await database.drop()
  await lost
  expect(await query(serverUrl, `select 1 from pg_database where datname = '${name}'`)).toEqual([])
})

test('a run on somebody’s server leaves nothing behind, also of databases that a test forgot', async () => {
  const server = await startTestServer({ DATABASE_URL: serverUrl })
  const run = server.environment.HOLDFAST_TEST_RUN
  const leftovers = `select datname::text from pg_database where starts_with(datname, '${run}')
    union all select rolname::text from pg_roles where starts_with(rolname, '${run}')`
  await query(serverUrl, `create database ${run}_forgotten template ${run}_template`)
  expect(await query(serverUrl, leftovers)).toHaveLength(3)
  await server.stop()
  expect(await query(serverUrl, leftovers)).toEqual([])
})

test('a login that may not make databases is told so', async () => {
  const role = `${testEnvironment().HOLDFAST_TEST_RUN}_poor`
  await query(serverUrl, `create role ${role} login password 'poor'`)
  try {
    const poor = changeDatabaseUrl(serverUrl, { user: role, password: 'poor' })
    await expect(startTestServer({ DATABASE_URL: poor })).rejects.toThrow(`ALTER ROLE "${role}" CREATEDB CREATEROLE;`)
  } finally {
    await query(serverUrl, `drop role ${role}`)
  }
})
