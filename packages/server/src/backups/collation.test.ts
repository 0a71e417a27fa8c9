import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { type Collation, collationNeed, collationRepair, readCollation } from './collation.ts'

const aCollation = (change: Partial<Collation>): Collation => ({
  database: 'clinic',
  provider: 'libc',
  locale: 'de_DE.utf8',
  recorded: '2.36',
  actual: '2.36',
  ...change,
})

test('only a locale of the C library that changes with its version is named as a need', () => {
  expect(collationNeed(aCollation({}))).toMatch(
    /^text is sorted as de_DE\.utf8 of the C library 2\.36: .* only with it$/,
  )
  expect(collationNeed(aCollation({ locale: 'C', recorded: null, actual: null }))).toBeNull()
  expect(collationNeed(aCollation({ provider: 'icu', actual: '153.14' }))).toBeNull()
  expect(collationNeed(aCollation({ provider: 'builtin', actual: '1' }))).toBeNull()
})

test('indexes of another version are found, and the statements that correct them are named', () => {
  const repair = collationRepair(aCollation({ database: 'a"b', actual: '2.41' }))
  expect(repair?.found).toBe('its indexes are of the C library 2.36, and this server has 2.41: they may be wrong')
  expect(repair?.statements).toEqual(['REINDEX DATABASE "a""b"', 'ALTER DATABASE "a""b" REFRESH COLLATION VERSION'])
  expect(repair?.afterwards).toBe('holdfast migrate')
  expect(collationRepair(aCollation({}))).toBeNull()
  expect(collationRepair(aCollation({ recorded: null }))).toBeNull()
})

test('the named statements correct a database', async ({ database }) => {
  const pool = database.ownerPool
  expect(collationRepair(await readCollation(pool))).toBeNull()
  await pool.query(`update pg_database set datcollversion = '0' where datname = current_database()`)
  const repair = collationRepair(await readCollation(pool))
  expect(repair).not.toBeNull()
  for (const statement of repair?.statements ?? []) await pool.query(statement)
  expect(collationRepair(await readCollation(pool))).toBeNull()
})
