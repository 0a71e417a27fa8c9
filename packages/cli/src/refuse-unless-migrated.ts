import { type DatabasePool, migrationStatus } from '@holdfast/engine'
import { CommandRefusal } from './command.ts'

/** @throws CommandRefusal for a database that lacks a migration or a function of this release */
export async function refuseUnlessMigrated(pool: DatabasePool): Promise<void> {
  const { current, pending } = await migrationStatus(pool)
  if (current) return
  throw new CommandRefusal(
    `the database is not up to date (${pending.length} missing, the first is ${pending[0]}): ` +
      'run `holdfast migrate` first',
  )
}
