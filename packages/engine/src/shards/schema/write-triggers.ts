import pg from 'pg'
import sql from 'sql-template-tag'
import { statementInSchema } from '../../database/statement-schema.ts'
import { tablesOfKind } from '../tables/table-kinds.ts'
import { writeIfChanged } from './write-if-changed.ts'

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
  for (const table of tablesOfKind('own')) await writeTrigger(client, guardOf(schema, `${schema}.${table}`))
  const distributed = tablesOfKind('distributed')
  for (const table of distributed) {
    await writeTrigger(client, guardOf(schema, relationOf(table)))
    await writeTrigger(client, clinicGuardOf(shard, table))
  }
  for (const { relation, name, definition } of triggers) {
    const table = relation.replace(/^holdfast\./, '')
    const shardOfTable = relationOf(table)
    const text = statementInSchema(definition, schema).replace(` ON ${schema}.${table}`, ` ON ${shardOfTable}`)
    await writeTrigger(client, { relation: shardOfTable, name, text })
  }
  for (const table of distributed) {
    const names = triggers.filter(({ relation }) => relation === `holdfast.${table}`).map(({ name }) => name)
    await dropOtherTriggers(client, schema, relationOf(table), [...names, 'a_guard_shard', 'a_guard_clinic'])
  }
}

type TableTrigger = { relation: string; name: string; text: string }

async function writeTrigger(client: pg.Client, { relation, name: bare, text }: TableTrigger): Promise<void> {
  const { rows } = await client.query<{ oid: string }>(sql`
    select oid::text as oid from pg_trigger where tgrelid = ${relation}::regclass and tgname = ${bare}`)
  const trigger = `${pg.escapeIdentifier(bare)} on ${relation}`
  const oid = rows[0]?.oid ?? null
  const written = { kind: 'trigger', name: trigger, catalogue: 'pg_trigger', oid, source: text } as const
  await writeIfChanged(client, written, async () => {
    await client.query(`drop trigger if exists ${trigger}; ${text}`)
  })
}

/** Drops those that migrations have dropped. Other shards of a database have their own, on the same tables in tests. */
async function dropOtherTriggers(client: pg.Client, schema: string, relation: string, names: readonly string[]) {
  const { rows } = await client.query<{ name: string }>(sql`
    select t.tgname as name from pg_trigger t join pg_proc p on p.oid = t.tgfoid
     where t.tgrelid = ${relation}::regclass and not t.tgisinternal and t.tgparentid = 0
       and p.pronamespace = ${schema}::regnamespace and t.tgname <> all (${names})`)
  for (const { name } of rows) await client.query(`drop trigger ${pg.escapeIdentifier(name)} on ${relation}`)
}

/** What the guards of a shard are written from. */
export function guardTexts(shard: Omit<TriggersOfShard, 'relationOf' | 'triggers'>): string[] {
  return [
    guardsOf(shard),
    guardOf(shard.schema, 'table').text,
    clinicGuardOf({ ...shard, relationOf: String }, 'table').text,
  ]
}

const guardsOf = ({ schema, shardId }: Pick<TriggersOfShard, 'schema' | 'shardId'>) => `
  create or replace function ${schema}.guard_shard() returns trigger language plpgsql security definer
  set search_path = pg_catalog as $$
  begin
    -- A shard that was split no longer exists, so it has no metadata lock.
    if exists (select from pg_dist_shard s where s.shardid = ${shardId}) then
      perform lock_shard_metadata(5, array[${shardId}]::bigint[]);
    end if;
    -- Without its views, the shard was moved back, and its own tables here are those that it had left.
    if to_regclass('${schema}.clinic') is null
       or not exists (select from pg_dist_placement p
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

function guardOf(schema: string, relation: string): TableTrigger {
  const text = `
    create trigger a_guard_shard before insert or update or delete on ${relation}
      for each statement execute function ${schema}.guard_shard()`
  return { relation, name: 'a_guard_shard', text }
}

/**
 * Citus hashes integers as PostgreSQL does. A trigger and no check: partitions that Citus creates later would have no
 * such check, and could not be attached.
 */
function clinicGuardOf(shard: Omit<TriggersOfShard, 'triggers'>, table: string): TableTrigger {
  const { schema, hashMin, hashMax, relationOf } = shard
  const column = table === 'clinic' ? 'no' : 'clinic_no'
  const relation = relationOf(table)
  const text = `
    create trigger a_guard_clinic before insert or update of ${column} on ${relation}
      for each row when (hashint4(new.${column}) not between ${hashMin} and ${hashMax})
      execute function ${schema}.guard_clinic()`
  return { relation, name: 'a_guard_clinic', text }
}
