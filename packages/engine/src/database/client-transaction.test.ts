import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { commit, inClientTransaction } from './client-transaction.ts'

const insert = (client: pg.ClientBase, name: string) =>
  client.query('insert into holdfast.specialization (name) values ($1)', [name])

async function isInserted(pool: pg.Pool, name: string): Promise<boolean> {
  const { rows } = await pool.query('select from holdfast.specialization where name = $1', [name])
  return rows.length === 1
}

/** The second insert fails, which aborts the transaction. */
async function swallowError(client: pg.ClientBase, name: string): Promise<void> {
  await insert(client, name)
  await insert(client, name).catch(() => {})
}

test('a transaction with a swallowed error does not pass as committed; its client is usable', async ({ database }) => {
  const client = await database.appPool.connect()
  try {
    await expect(inClientTransaction(client, () => swallowError(client, 'Urology'))).rejects.toThrow('not committed')
    expect(await isInserted(database.appPool, 'Urology')).toBe(false)
    await inClientTransaction(client, () => insert(client, 'Cardiology'))
    expect(await isInserted(database.appPool, 'Cardiology')).toBe(true)
  } finally {
    client.release()
  }
})

test('a COMMIT whose command tag is ROLLBACK is an error', async ({ database }) => {
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    await swallowError(client, 'Oncology')
    await expect(commit(client)).rejects.toThrow('COMMIT returned ROLLBACK')
    expect(await isInserted(database.appPool, 'Oncology')).toBe(false)
  } finally {
    client.release()
  }
})

test('a lost connection rejects with the work’s error, and says that the rollback failed', async ({ database }) => {
  const client = await database.appPool.connect()
  const reported: Error[] = []
  const cut = inClientTransaction(
    client,
    async () => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      await database.ownerPool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await insert(client, 'Neurology').catch(() => {})
      throw new Error('failing on purpose')
    },
    'begin',
    (error) => void reported.push(error),
  )
  await expect(cut).rejects.toThrow('failing on purpose')
  expect(reported).toHaveLength(1)
  client.release(true)
})
