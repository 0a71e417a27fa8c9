import { createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

test('clone works', async () => {
  const { rows } = await database.appPool.query(
    "select relname from pg_class where relnamespace='holdfast'::regnamespace and relispartition and relkind='r' order by 1",
  )
  console.log(rows)
  expect(rows.length).toBe(10)
})
