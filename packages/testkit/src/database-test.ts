import { test as base } from 'vitest'
import { createTestDatabase } from './test-database.ts'
import { preparedServer } from './test-environment.ts'

/** `test` with a `database` for each test file that asks for one: migrated, and empty before its first test. */
export const test = base
  .extend('postgres', { scope: 'file' }, () => preparedServer())
  .extend('database', { scope: 'file' }, async ({ postgres }, { onCleanup }) => {
    const database = await createTestDatabase(postgres)
    onCleanup(() => database.drop())
    return database
  })
