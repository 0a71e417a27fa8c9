// Rest: each way in which tests get a database
import { changeDatabaseUrl } from '@holdfast/engine'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from './test-database.ts'
import { preparedServer } from './test-environment.ts'
import { startTestServers } from './test-server.ts'

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

const serverUrl = preparedServer().url

test('two databases of one run are independent, and each is empty', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()])
  try {
    await one.ownerPool.query(`insert into holdfast.specialization (name) values ('Cardiology')`)
    expect(await query(other.appUrl, 'select count(*)::int from holdfast.specialization')).toEqual([0])
    expect(await query(one.appUrl, 'select count(*)::int from holdfast.specialization')).toEqual([1])
  } finally {
    await Promise.all([one.drop(), other.drop()])
  }
})

test('a database is dropped although a session is still connected to it', async () => {
  const database = await createTestDatabase()
  const [name] = await query(database.ownerUrl, 'select current_database()::text')
  const lingering = new pg.Client({ connectionString: database.appUrl })
  const lost = new Promise((resolve) => lingering.on('error', resolve))
  await lingering.connect()
  await database.drop()
  await lost
  expect(await query(serverUrl, `select 1 from pg_database where datname = '${name}'`)).toEqual([])
})

test('a client that was not released is reported, and the database dropped all the same', async () => {
  const database = await createTestDatabase(preparedServer(), undefined, 100)
  const [name] = await query(database.ownerUrl, 'select current_database()::text')
  await database.appPool.connect()
  await expect(database.drop()).rejects.toThrow(`A test has not released a client of ${name}.`)
  expect(await query(serverUrl, `select 1 from pg_database where datname = '${name}'`)).toEqual([])
})

test('a run on an existing server leaves nothing behind, not even databases that a test did not drop', async () => {
  const server = await startTestServers({ DATABASE_URL: serverUrl }, 2)
  const run = server.environment.servers[0]?.run
  const leftovers = `select datname::text from pg_database where starts_with(datname, '${run}')
    union all select rolname::text from pg_roles where starts_with(rolname, '${run}')`
  await query(serverUrl, `create database ${run}_forgotten template ${run}_template`)
  expect(await query(serverUrl, leftovers)).toHaveLength(3)
  await server.stop()
  expect(await query(serverUrl, leftovers)).toEqual([])
})

test('a login that may not create databases is reported, with the statement that helps', async () => {
  const role = `${preparedServer().run}_poor`
  await query(serverUrl, `create role ${role} login password 'poor'`)
  try {
    const poor = changeDatabaseUrl(serverUrl, { user: role, password: 'poor' })
    await expect(startTestServers({ DATABASE_URL: poor }, 2)).rejects.toThrow(
      `ALTER ROLE "${role}" CREATEDB CREATEROLE;`,
    )
  } finally {
    await query(serverUrl, `drop role ${role}`)
  }
})
