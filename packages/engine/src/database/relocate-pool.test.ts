import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { atSecondNode } from '../../test/second-node.ts'
import { asPooled } from './database-url.ts'
import { createPool } from './pools.ts'

function poolOf(url: string, max: number) {
  const pool = createPool({ url, max, name: 'relocated' })
  onTestFinished(() => pool.close(1_000))
  return pool
}

async function serverOf(connection: pg.Pool | pg.PoolClient): Promise<string> {
  const { rows } = await connection.query(`select coalesce(current_setting('test.node', true), 'first') as server`)
  return rows[0]?.server
}

test('a pool is sent to another server: idle connections close at once, used ones at release', async ({ database }) => {
  const pool = poolOf(database.sessionUrl, 3)
  const [used, ...idle] = await Promise.all([pool.connect(), pool.connect(), pool.connect()])
  for (const client of idle) client.release()
  pool.relocate(atSecondNode(database.sessionUrl))
  await until(
    async () => pool.totalCount === 1,
    () => `${pool.totalCount} connections`,
  )
  expect(await serverOf(used as pg.PoolClient)).toBe('first')
  expect(await Promise.all([serverOf(pool), serverOf(pool)])).toEqual(['second', 'second'])
  used?.release()
  expect(await Promise.all(Array.from({ length: 3 }, () => serverOf(pool)))).toEqual(['second', 'second', 'second'])
  // The pool's own settings stay.
  expect((await pool.query('show timezone')).rows).toEqual([{ TimeZone: 'UTC' }])
})

test('a connection that was being opened meanwhile is not used again', async ({ database }) => {
  const pool = poolOf(database.sessionUrl, 1)
  const opened = pool.connect()
  pool.relocate(atSecondNode(database.sessionUrl))
  const client = await opened
  expect(await serverOf(client)).toBe('first')
  client.release()
  expect(await serverOf(pool)).toBe('second')
})

test('the ways of a pooler follow', async ({ database }) => {
  const pool = poolOf(database.sessionUrl, 1)
  pool.relocate(asPooled(atSecondNode(database.sessionUrl)))
  expect((await pool.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '10s' }])
  expect(await serverOf(pool)).toBe('second')
})
