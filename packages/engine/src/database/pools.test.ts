import { holdSlotLock, type TestDatabase, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { isConnectionLost, mayHaveRun } from './database-unavailable.ts'
import { createPool, inTransaction, withPool } from './pools.ts'

async function value(pool: pg.Pool | pg.PoolClient, expression: string): Promise<unknown> {
  const { rows } = await pool.query<{ value: unknown }>(`select ${expression} as value`)
  return rows[0]?.value
}

test.for<[string, unknown]>([
  ['9007199254740991::int8', 9007199254740991],
  ['count(*) from (values (1)) one', 1],
  ['4.5::numeric(2, 1)', 4.5],
  [`date '2026-03-29'`, '2026-03-29'],
  [`timestamptz '2026-03-29 01:00+02'`, new Date('2026-03-28T23:00:00Z')],
  [`timestamptz '2026-03-29 01:00'`, new Date('2026-03-29T01:00:00Z')],
  [`'18446744073709551615'::xid8`, '18446744073709551615'],
  [`array['a', null]`, ['a', null]],
  [`'{"a": [1]}'::jsonb`, { a: [1] }],
])('%s reads as %j', async ([expression, expected], { database }) => {
  const text = expression.includes(' from ')
    ? expression.replace(' from ', ' as value from ')
    : `${expression} as value`
  const { rows } = await database.appPool.query(`select ${text}`)
  expect(rows).toEqual([{ value: expected }])
})

test('a whole number that a number cannot hold is an error, not a wrong number', async ({ database }) => {
  await expect(value(database.appPool, '9007199254740993::int8')).rejects.toThrow('beyond 2^53')
})

test('withPool returns the result or throws the error, and ends the pool, of one connection', async ({ database }) => {
  const settings = { url: database.appUrl, name: 'for a while' }
  const used: pg.Pool[] = []
  const result = await withPool(settings, (pool) => {
    used.push(pool)
    return value(pool, '1')
  })
  expect(result).toBe(1)
  const failing = withPool({ ...settings, max: 2 }, async (pool) => {
    used.push(pool)
    throw new Error('planted')
  })
  await expect(failing).rejects.toThrow('planted')
  expect(used.map((pool) => [pool.options.max, pool.ending])).toEqual([
    [1, true],
    [2, true],
  ])
})

test('a lost idle connection is reported and replaced, and the process does not end', async ({ database }) => {
  const lost: Error[] = []
  const pool = createPool({
    url: database.sessionUrl,
    max: 1,
    name: 'lost',
    onIdleError: (error) => void lost.push(error),
  })
  try {
    const pid = await value(pool, 'pg_backend_pid()')
    await database.ownerPool.query('select pg_terminate_backend($1)', [pid])
    await until(async () => lost[0], 'the pool reports the lost connection')
    expect(await value(pool, 'pg_backend_pid()')).not.toBe(pid)
  } finally {
    await pool.end()
  }
})

test('a connection lost as the pool ends is not reported, as the database may stop then', async ({ database }) => {
  const lost: Error[] = []
  const pool = createPool({ url: database.appUrl, max: 2, name: 'ends', onIdleError: (error) => void lost.push(error) })
  const [first, second] = await Promise.all([pool.connect(), pool.connect()])
  first.release()
  second.release()
  first.emit('error', new Error('while it is used'))
  expect(lost.map(({ message }) => message)).toEqual(['while it is used'])
  const ended = pool.end()
  second.emit('error', new Error('while it ends'))
  await ended
  expect(lost).toHaveLength(1)
})

test('lock waits and idle transactions have a timeout, statements have none', async ({ database, slot }) => {
  const held = await holdSlotLock(database, slot)
  const pool = createPool({ url: database.ownerUrl, max: 1, name: 'waits', lockTimeoutMs: 20 })
  try {
    await expect(pool.query('update holdfast.slot set taken = 0 where id = $1', [slot.id])).rejects.toMatchObject({
      code: '55P03',
    })
    expect(await value(pool, `current_setting('statement_timeout')`)).toBe('0')
    expect(await value(pool, `current_setting('idle_in_transaction_session_timeout')`)).toBe('1min')
    expect(await value(pool, `current_setting('application_name')`)).toBe('waits')
  } finally {
    await pool.end()
    await held.release()
  }
})

test('options of the URL are added to those of the pool', async ({ database }) => {
  const url = new URL(database.ownerUrl)
  url.searchParams.set('options', '-cwork_mem=5MB -clock_timeout=1')
  const pool = createPool({ url: url.href, max: 1, name: 'options' })
  try {
    const { rows } = await pool.query(`
      select current_setting('work_mem') as memory, current_setting('lock_timeout') as lock`)
    expect(rows).toEqual([{ memory: '5MB', lock: '10s' }])
  } finally {
    await pool.end()
  }
})

test('a pool that only reads can have a statement timeout', async ({ database }) => {
  const pool = createPool({ url: database.appUrl, max: 1, name: 'reads', statementTimeoutMs: 20 })
  try {
    await expect(pool.query('select pg_sleep(10)')).rejects.toMatchObject({ code: '57014' })
  } finally {
    await pool.end()
  }
})

const specializationCount = (database: TestDatabase) =>
  value(database.ownerPool, '(select count(*) from holdfast.specialization)')
const insert = (client: pg.PoolClient, name: string) =>
  client.query('insert into holdfast.specialization (name) values ($1)', [name])

test('a transaction commits all of its writes, or none', async ({ database }) => {
  const before = Number(await specializationCount(database))
  await inTransaction(database.appPool, (transaction) => insert(transaction, 'Cardiology'))
  expect(await specializationCount(database)).toBe(before + 1)
  const failing = inTransaction(database.appPool, async (transaction) => {
    await insert(transaction, 'Neurology')
    throw new Error('failing on purpose')
  })
  await expect(failing).rejects.toThrow('failing on purpose')
  expect(await specializationCount(database)).toBe(before + 1)
})

test('a transaction that swallowed an error is not reported as committed', async ({ database }) => {
  const swallowing = inTransaction(database.appPool, async (transaction) => {
    await insert(transaction, 'Urology')
    await insert(transaction, 'Urology').catch(() => {})
  })
  await expect(swallowing).rejects.toThrow('not committed')
})

test('a connection lost inside a transaction fails it, and is not used again', async ({ database }) => {
  const pool = createPool({ url: database.appUrl, max: 1, name: 'cut' })
  try {
    const cut = inTransaction(pool, async (transaction) => {
      const pid = await value(transaction, 'pg_backend_pid()')
      await database.ownerPool.query('select pg_terminate_backend($1)', [pid])
      await insert(transaction, 'Oncology')
    })
    await expect(cut).rejects.toThrow()
    expect(await value(pool, '1')).toBe(1)
  } finally {
    await pool.end()
  }
})

test('a query that the driver gives up counts as a lost connection, which may have run', async ({ database }) => {
  const hanging = { text: 'select pg_sleep(10)', query_timeout: 20 }
  const error: unknown = await database.appPool.query(hanging).catch((reason: unknown) => reason)
  expect([isConnectionLost(error), mayHaveRun(error)]).toEqual([true, true])
  // The control: an error of the statement is not one.
  const failed: unknown = await database.appPool.query('select 1 / 0').catch((reason: unknown) => reason)
  expect(isConnectionLost(failed)).toBe(false)
})
