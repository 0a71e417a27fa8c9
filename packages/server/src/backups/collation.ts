import type { DatabasePool } from '@holdfast/engine'
import sql from 'sql-template-tag'

type Pool = Pick<DatabasePool, 'query'>

/**
 * How a database sorts text, by which its indexes are ordered. A version is null if the order never changes, as that of
 * `C` and `C.UTF-8`.
 */
export type Collation = {
  database: string
  provider: 'libc' | 'icu' | 'builtin'
  locale: string
  /** When the indexes were created, or refreshed. */
  recorded: string | null
  /** The version of the library with which this server runs. */
  actual: string | null
}

export async function readCollation(pool: Pool): Promise<Collation> {
  const { rows } = await pool.query<Collation>(sql`
    select datname as database, datcollate as locale,
           case datlocprovider when 'c' then 'libc' when 'i' then 'icu' else 'builtin' end as provider,
           datcollversion as recorded, pg_database_collation_actual_version(oid) as actual
      from pg_database
     where datname = current_database()`)
  const [found] = rows
  if (found === undefined) throw new Error('The database is not in pg_database.')
  return found
}

/**
 * What a machine needs to which the files of the database are copied.
 *
 * @returns null if the order of text does not depend on the C library
 */
export function collationNeed({ provider, locale, actual }: Collation): string | null {
  if (provider !== 'libc' || actual === null) return null
  return `text is sorted as ${locale} of the C library ${actual}: the indexes of a restored copy are right only with it`
}

/**
 * How to correct indexes that were created with another version of the library. Afterwards `holdfast migrate` divides
 * indexes that have one page again (docs/decisions/0035).
 *
 * @returns null if they are right
 */
export function collationRepair({ database, provider, recorded, actual }: Collation): {
  found: string
  statements: string[]
  /** The command that has to follow. */
  afterwards: string
} | null {
  if (recorded === null || recorded === actual) return null
  const library = { libc: 'the C library', icu: 'ICU', builtin: 'PostgreSQL' }[provider]
  const name = `"${database.replaceAll('"', '""')}"`
  return {
    found: `its indexes are of ${library} ${recorded}, and this server has ${actual ?? 'none'}: they may be wrong`,
    statements: [`REINDEX DATABASE ${name}`, `ALTER DATABASE ${name} REFRESH COLLATION VERSION`],
    afterwards: 'holdfast migrate',
  }
}
