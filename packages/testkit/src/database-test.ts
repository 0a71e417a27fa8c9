import { test as base, onTestFinished } from 'vitest'
import { addMonths } from './add-months.ts'
import { aClinic, aDoctor, aSlot, type BuiltClinic, type BuiltDoctor } from './builders.ts'
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

/** Another database for the running test, dropped at its end: migrated, and empty. */
export async function anotherDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  return database
}

const clinicIn = ({ database }: { database: TestDatabase }) => aClinic(database)
const doctorOf = ({ database, clinic }: { database: TestDatabase; clinic: BuiltClinic }) => aDoctor(database, clinic)
const slotOf = ({ database, doctor }: { database: TestDatabase; doctor: BuiltDoctor }) => aSlot(database, doctor)

/**
 * `test` with a `database` for the test file, migrated, and empty before its first test; and for each test that names
 * them a new `clinic`, a `doctor` of it and a `slot` of that doctor.
 */
export const test = serverTest
  .extend('database', { scope: 'file' }, aDatabase)
  .extend('clinic', clinicIn)
  .extend('doctor', doctorOf)
  .extend('slot', slotOf)

/** The same with a `database` for each test: migrated, and empty. */
export const freshDatabaseTest = serverTest
  .extend('database', aDatabase)
  .extend('clinic', clinicIn)
  .extend('doctor', doctorOf)
  .extend('slot', slotOf)

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
