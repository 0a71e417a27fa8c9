import type pg from 'pg'
import sql from 'sql-template-tag'

/** The e-mail addresses of the accounts that exist, by id. @param db of the application role */
export async function emailsOf(
  db: Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const { rows } = await db.query<{ id: string; email: string }>(sql`
    select id::text, email from auth."user" where id = any(${ids}::uuid[])`)
  return new Map(rows.map(({ id, email }) => [id, email]))
}
