import type { DatabasePool } from '@holdfast/engine'
import { collationNeed, collationRepair, readCollation } from '@holdfast/server/backups'
import { type Check, ok, problem, warning } from './check.ts'

/** Whether the indexes are sorted as this server compares text. */
export async function checkCollation(pool: DatabasePool): Promise<Check> {
  const collation = await readCollation(pool)
  const repair = collationRepair(collation)
  if (repair === null) return ok('collation', collationNeed(collation) ?? 'the indexes are sorted as this server sorts')
  const { found, statements, afterwards } = repair
  return problem(
    'collation',
    found,
    `stop Holdfast, and run as the owner: ${statements.join('; ')}; then run \`${afterwards}\``,
  )
}

/** Whether lower(), by which names and searches are compared, knows other letters than those of ASCII. */
export async function checkLocale(pool: DatabasePool): Promise<Check> {
  const { rows } = await pool.query<{ folds: boolean }>("select lower('ÄŁЖ') = 'äłж' as folds")
  if (rows[0]?.folds === true) return ok('locale', 'upper and lower case of all letters are compared')
  const found = 'lower() knows only the letters of ASCII: a name with Ä and one with ä are different'
  const fix = 'create a database with a locale such as C.UTF-8, and use `holdfast move-database`'
  return warning('locale', found, fix)
}
