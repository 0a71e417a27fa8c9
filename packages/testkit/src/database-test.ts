import { test as base } from 'vitest'
import { addMonths } from './add-months.ts'
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

/**
 * `test` with a `database` for each test: empty, as it is after so many months. The months are added once for the file,
 * in a database that the others are cloned from: with ten years of months, a clone takes a tenth of the time.
 */
export function agedDatabaseTest(months: number) {
  return serverTest
    .extend('template', { scope: 'file' }, async ({ postgres }, { onCleanup }) => {
      const template = await createTestDatabase(postgres)
      onCleanup(() => template.drop())
      await addMonths(template, months)
      // A database with sessions can't be cloned.
      await Promise.all([template.ownerPool.end(), template.appPool.end()])
      return template
    })
    .extend('database', async ({ postgres, template }, { onCleanup }) => {
      const database = await createTestDatabase(postgres, template.name)
      onCleanup(() => database.drop())
      return database
    })
}
