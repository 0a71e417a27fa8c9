import { sqlFiles } from './sql-files.ts'

/**
 * The names of the functions that the application's role may call, in the order of `sql/grants.sql`, where they are
 * listed. The CLI's `doctor` checks that the database agrees.
 */
export async function grantedFunctions(): Promise<string[]> {
  const { grants } = await sqlFiles()
  const [, list = ''] = /\bproname in \(([^)]*)\)/.exec(grants) ?? []
  const names = Array.from(list.matchAll(/'(\w+)'/g), ([, name = '']) => name)
  if (names.length === 0) throw new Error('sql/grants.sql has no list of functions.')
  return names
}
