// Rest: each fault of a connection
import { inspect } from 'node:util'
import { databaseProxy, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import type { DatabasePool } from './database-pool.ts'
import { isConnectionLost, isNotWritable, mayHaveRun, PoolExhausted } from './database-unavailable.ts'
import { createPool, inTransaction, type PoolSettings } from './pools.ts'

const queryTimeoutMs = 2_000
const connections = 4

async function proxyOf(database: TestDatabase) {
  const proxy = await databaseProxy(database.sessionUrl)
  onTestFinished(() => proxy.end())
  return proxy
}

function poolOf(url: string, settings: Partial<PoolSettings> = {}): DatabasePool {
  const pool = createPool({ url, max: connections, name: 'hangs', queryTimeoutMs, ...settings })
  onTestFinished(async () => {
    if (!pool.ending) await pool.close(1_000)
  })
  return pool
}

/** Opens all connections of a pool, and leaves them idle. */
async function fill(pool: pg.Pool): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  for (const client of clients) client.release()
}

/** The process at the other end of a connection. */
async function pidOf(connection: pg.Pool | pg.PoolClient, sleepSeconds = 0): Promise<number> {
  const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid from pg_sleep($1)', [
    sleepSeconds,
  ])
  return rows[0]?.pid ?? 0
}

const reasonOf = (work: Promise<unknown>) => work.catch((reason: unknown) => reason)

test('one query of a hung pool times out, and the next ones use new connections', async ({ database }) => {
  const proxy = await proxyOf(database)
  const pool = poolOf(proxy.url)
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  const before = await Promise.all(clients.map((client) => pidOf(client)))
  for (const client of clients) client.release()
  proxy.hang()
  proxy.forwardNew()
  const lost = await reasonOf(pool.query('select 1'))
  expect([isConnectionLost(lost), mayHaveRun(lost)]).toEqual([true, true])
  // On one of the hung connections it would time out.
  const after = await Promise.all(Array.from({ length: connections }, () => pidOf(pool)))
  expect(after.filter((pid) => before.includes(pid))).toEqual([])
})

test('negative control: in the driver’s pool connections time out, and again once released', async ({ database }) => {
  const proxy = await proxyOf(database)
  const pool = new pg.Pool({ connectionString: proxy.url, max: connections, query_timeout: 200 })
  pool.on('error', () => undefined)
  await fill(pool)
  proxy.hang()
  proxy.forwardNew()
  for (let n = 0; n < connections; n += 1) {
    const client = await pool.connect()
    await expect(client.query('select 1')).rejects.toThrow('timeout')
    client.release()
  }
  await expect(pool.query('select 1')).rejects.toThrow('timeout')
  await proxy.cut()
  await pool.end()
})

test('a library that releases a hung connection without its error does not return it', async ({ database }) => {
  const proxy = await proxyOf(database)
  const pool = poolOf(proxy.url, { max: 1 })
  const client = await pool.connect()
  proxy.hang()
  proxy.forwardNew()
  await expect(client.query('select 1')).rejects.toThrow('timeout')
  client.release()
  expect((await pool.query('select 2 as two')).rows).toEqual([{ two: 2 }])
})

test('a transaction that hangs fails after one timeout, and says that it may have run', async ({ database }) => {
  const proxy = await proxyOf(database)
  const pool = poolOf(proxy.url, { max: 1 })
  const lost = await reasonOf(
    inTransaction(pool, async (transaction) => {
      proxy.hang()
      proxy.forwardNew()
      const startedAt = performance.now()
      await reasonOf(transaction.query('select 1'))
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(queryTimeoutMs - 1)
      // The connection is closed: the next query fails at once.
      await transaction.query('select 2')
    }),
  )
  expect(isConnectionLost(lost)).toBe(true)
  expect((await pool.query('select 2 as two')).rows).toEqual([{ two: 2 }])
})

test('a connection that was used since the hung query began stays open', async ({ database }) => {
  const pool = poolOf(database.sessionUrl)
  await fill(pool)
  let isHanging = true
  const hung = reasonOf(pool.query('select pg_sleep(60)')).finally(() => {
    isHanging = false
  })
  let used = 0
  while (isHanging) used = await pidOf(pool, 0.1)
  await hung
  expect(await pidOf(pool)).toBe(used)
  expect(pool.totalCount).toBe(1)
})

test('a query for which no connection is free in time is not sent, and fails for that reason', async ({ database }) => {
  const pool = poolOf(database.sessionUrl, { max: 2, connectTimeoutMs: 2_000 })
  const clients = await Promise.all([pool.connect(), pool.connect()])
  expect(pool.isExhausted).toBe(true)
  for (const failure of await Promise.all([reasonOf(pool.query('select 1')), reasonOf(pool.connect())])) {
    expect(failure).toBeInstanceOf(PoolExhausted)
    expect([isConnectionLost(failure), mayHaveRun(failure)]).toEqual([true, false])
  }
  for (const client of clients) client.release()
  expect(pool.isExhausted).toBe(false)
  expect((await pool.query('select 2 as two')).rows).toEqual([{ two: 2 }])
})

test('connections that cannot be opened are not in use: the database is away', async ({ database }) => {
  const proxy = await proxyOf(database)
  proxy.hang()
  const pool = poolOf(proxy.url, { max: 1, connectTimeoutMs: 100 })
  const failures = await Promise.all([reasonOf(pool.query('select 1')), reasonOf(pool.query('select 1'))])
  for (const failure of failures) {
    expect(failure).not.toBeInstanceOf(PoolExhausted)
    expect([isConnectionLost(failure), mayHaveRun(failure)]).toEqual([true, false])
  }
})

test('a read-only server: the query fails as not done, the next gets a new connection', async ({ database }) => {
  const pool = poolOf(database.sessionUrl)
  const insert = (name: string) => pool.query('insert into holdfast.specialization (name) values ($1)', [name])
  // A primary that was demoted reports it like this.
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  for (const client of clients) await client.query('set default_transaction_read_only = on')
  const [held, ...others] = clients
  for (const client of others) client.release()
  const refused = await reasonOf(insert('Cardiology'))
  expect([isNotWritable(refused), mayHaveRun(refused)]).toEqual([true, false])
  // Used at that moment: closed when it is released.
  held?.release()
  await Promise.all(['A', 'B', 'C', 'D'].map(insert))
  const { rows } = await database.ownerPool.query('select name from holdfast.specialization order by name')
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['A', 'B', 'C', 'D']))
})

test('statements that were prepared before a migration are run again on new connections', async ({ database }) => {
  const pool = poolOf(database.ownerUrl)
  const statement = { name: 'one_row', text: 'select * from planted' }
  await pool.query('create table planted (a integer)')
  await pool.query('insert into planted values (1)')
  const all = () => Promise.all(Array.from({ length: connections }, () => pool.query(statement)))
  await all()
  await pool.query('alter table planted add column b integer')
  for (const { rows } of await all()) expect(rows).toEqual([{ a: 1, b: null }])
  await pool.query('drop table planted')
})

test('close ends in time although connections hang, in use and idle', async ({ database }) => {
  const proxy = await proxyOf(database)
  const pool = poolOf(proxy.url)
  await fill(pool)
  const inUse = await pool.connect()
  proxy.hang()
  const query = reasonOf(inUse.query({ text: 'select 1' }))
  await pool.close(100)
  expect(await query).toMatchObject({ message: 'Connection terminated: the pool is closed.' })
})

test('close waits for the queries in progress', async ({ database }) => {
  const pool = poolOf(database.sessionUrl)
  const query = pool.query('select 1 as one from pg_sleep(0.2)')
  await pool.close(10_000)
  expect((await query).rows).toEqual([{ one: 1 }])
})

test('what is printed of a client has no password: errors of the driver carry their client', async ({ database }) => {
  const pool = poolOf(database.sessionUrl)
  const client = await pool.connect()
  client.release()
  const password = new URL(database.sessionUrl.replace('@/', '@localhost/')).password
  expect(password).not.toBe('')
  const printed = inspect(client, { depth: 10 })
  expect(printed).toContain('PooledClient')
  expect(printed).not.toContain(password)
  // The control: where a property has the URL, it is printed.
  expect(inspect(Object.assign(client, { planted: database.sessionUrl }), { depth: 10 })).toContain(password)
})

test('statements and transactions of more than 500 ms are counted, and shorter ones are not', async ({ database }) => {
  const pool = poolOf(database.appUrl)
  await pool.query('select 1')
  expect(pool.slowUses).toBe(0)
  await pool.query('select pg_sleep(0.6)')
  expect(pool.slowUses).toBe(1)
  await inTransaction(pool, async (transaction) => {
    for (const seconds of [0.3, 0.3]) await transaction.query('select pg_sleep($1)', [seconds])
  })
  expect(pool.slowUses).toBe(2)
})
