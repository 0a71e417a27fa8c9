import pg from 'pg'
import { statementInSchema } from '../database/statement-schema.ts'
import { tablesOfKind } from './table-kinds.ts'

export type Trigger = { relation: string; name: string; definition: string }

export type TriggersOfShard = {
  schema: string
  /** The shard of `clinic`, and the hashes of the numbers in it. */
  shardId: number
  hashMin: string | null
  hashMax: string | null
  /** The shard of a table. */
  relationOf(table: string): string
  /** Those of the tables. */
  triggers: readonly Trigger[]
}

/**
 * The triggers of the tables, on a shard of each, and before them two guards. One takes the lock that a move takes
 * before it switches to the copy, and then looks whether the shard is still here; it guards the shard's own tables too,
 * whose rows follow. The other refuses rows of clinics of other shards: neither views nor Citus do so.
 *
 * @param client in a transaction that may change shards
 */
export async function writeTriggers(client: pg.Client, shard: TriggersOfShard): Promise<void> {
  const { schema, relationOf, triggers } = shard
  await client.query(guardsOf(shard))
  for (const table of tablesOfKind('own')) await writeGuard(client, schema, `${schema}.${table}`)
  for (const table of tablesOfKind('distributed')) {
    await writeGuard(client, schema, relationOf(table))
    await client.query(clinicGuardOf(shard, table))
  }
  for (const { relation, name, definition } of triggers) {
    const table = relation.replace(/^holdfast\./, '')
    const tableShard = relationOf(table)
    await client.query(`drop trigger if exists ${pg.escapeIdentifier(name)} on ${tableShard}`)
    await client.query(statementInSchema(definition, schema).replace(` ON ${schema}.${table}`, ` ON ${tableShard}`))
  }
}

const guardsOf = ({ schema, shardId }: TriggersOfShard) => `
  create or replace function ${schema}.guard_shard() returns trigger language plpgsql security definer
  set search_path = pg_catalog as $$
  begin
    -- A shard that was split is none any more, and has no lock.
    if exists (select from pg_dist_shard s where s.shardid = ${shardId}) then
      perform lock_shard_metadata(5, array[${shardId}]::bigint[]);
    end if;
    if not exists (select from pg_dist_placement p
                    where p.shardid = ${shardId} and p.groupid = (select groupid from pg_dist_local_group)) then
      raise exception 'shard_moved' using errcode = 'HF017', detail = '${schema}';
    end if;
    return null;
  end $$;
  create or replace function ${schema}.guard_clinic() returns trigger language plpgsql
  set search_path = pg_catalog as $$
  begin
    raise exception 'clinic_of_another_shard' using errcode = 'HF018', detail = '${schema}', table = tg_table_name;
  end $$`

async function writeGuard(client: pg.Client, schema: string, relation: string): Promise<void> {
  await client.query(`
    drop trigger if exists a_guard_shard on ${relation};
    create trigger a_guard_shard before insert or update or delete on ${relation}
      for each statement execute function ${schema}.guard_shard()`)
}

/**
 * Citus hashes integers as PostgreSQL does. A trigger and no check: partitions that Citus creates later would have no
 * such check, and could not be attached.
 */
function clinicGuardOf({ schema, hashMin, hashMax, relationOf }: TriggersOfShard, table: string): string {
  const column = table === 'clinic' ? 'no' : 'clinic_no'
  const relation = relationOf(table)
  return `
    drop trigger if exists a_guard_clinic on ${relation};
    create trigger a_guard_clinic before insert or update of ${column} on ${relation}
      for each row when (hashint4(new.${column}) not between ${hashMin} and ${hashMax})
      execute function ${schema}.guard_clinic()`
}
