import type { DatabasePool } from '@holdfast/engine'
import { collationNeed, collationRepair, readCollation } from '@holdfast/server/backups'
import { type Check, ok, problem } from './check.ts'

/** Whether the indexes are sorted as this server compares text. */
export async function checkCollation(pool: DatabasePool): Promise<Check> {
  const collation = await readCollation(pool)
  const repair = collationRepair(collation)
  if (repair === null) return ok('collation', collationNeed(collation) ?? 'the indexes are sorted as this server sorts')
  return problem('collation', repair.found, `stop Holdfast, and run as the owner: ${repair.statements.join('; ')}`)
}
