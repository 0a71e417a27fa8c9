import { type DatabasePool, migrationStatus } from '@holdfast/engine'
import { CommandRefusal } from './command.ts'

/** @throws CommandRefusal for a database that lacks a migration or a function of this release */
export async function refuseUnlessMigrated(pool: DatabasePool): Promise<void> {
  const { current, pending, denied } = await migrationStatus(pool)
  if (current) return
  if (denied !== undefined) throw new CommandRefusal(`the login of DATABASE_URL may not read the database: ${denied}`)
  throw new CommandRefusal(
    `the database is not up to date (${pending.length} missing, the first is ${pending[0]}): ` +
      'run `holdfast migrate` first',
  )
}
