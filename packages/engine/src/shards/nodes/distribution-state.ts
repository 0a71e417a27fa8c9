import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * The comment of `holdfast.shard_trigger` when all shards have had their own rows: the application may not read
 * `setting`, but every login can read it.
 */
export const finishedComment = 'All shards have their own rows.'

/**
 * Whether all shards have had their own rows. By any login.
 *
 * @throws Error if the database is not distributed
 */
export async function isDistributionFinished(coordinator: pg.Pool | pg.Client): Promise<boolean> {
  const { rows } = await coordinator.query<{ comment: string | null }>(sql`
    select obj_description(c.oid, 'pg_class') as comment
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'holdfast' and c.relname = 'shard_trigger'`)
  const [mark] = rows
  if (mark === undefined) throw new Error('The database is not distributed over Citus: it has no shards.')
  return mark.comment === finishedComment
}
