import type pg from 'pg'
import sql from 'sql-template-tag'
import { tablesOfKind } from './table-kinds.ts'

/**
 * Drops the foreign keys to tables of which each shard has rows of its own: a shard cannot refer to these. They stay
 * valid, because writers insert the specialization first, and specializations are never deleted.
 */
export async function dropForeignKeysToOwnRows(owner: pg.Client | pg.Pool): Promise<void> {
  const { rows } = await owner.query<{ statement: string }>(sql`
    select format('alter table %s drop constraint %I', f.conrelid::regclass, f.conname) as statement
      from pg_constraint f join pg_class c on c.oid = f.confrelid
     where f.contype = 'f' and f.conparentid = 0 and f.connamespace = 'holdfast'::regnamespace
       and c.relname = any (${tablesOfKind('own')})`)
  for (const { statement } of rows) await owner.query(statement)
}
