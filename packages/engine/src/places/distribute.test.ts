import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { distribute } from './distribute.ts'

test('a database without Citus is refused and stays as it is', async ({ database }) => {
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  onTestFinished(() => client.end())
  await expect(distribute(client)).rejects.toThrow('create extension citus')
  const { rows } = await database.ownerPool.query("select to_regclass('holdfast.place_trigger') as kept")
  expect(rows).toEqual([{ kept: null }])
})
