import { test as base } from 'vitest'
import { createTestDatabase, type TestDatabase } from './test-database.ts'
import { type PreparedServer, preparedServer } from './test-environment.ts'

const serverTest = base.extend('postgres', { scope: 'file' }, () => preparedServer())

async function aDatabase(
  { postgres }: { postgres: PreparedServer },
  { onCleanup }: { onCleanup(drop: () => Promise<void>): void },
): Promise<TestDatabase> {
  const database = await createTestDatabase(postgres)
  onCleanup(() => database.drop())
  return database
}

/** `test` with a `database` for the test file: migrated, and empty before its first test. */
export const test = serverTest.extend('database', { scope: 'file' }, aDatabase)

/** `test` with a `database` for each test: migrated, and empty. */
export const freshDatabaseTest = serverTest.extend('database', aDatabase)
