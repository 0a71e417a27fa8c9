import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { inClientTransaction } from '../../database/client-transaction.ts'
import { sqlFiles } from '../../migrate/sql-files.ts'
import { dropForeignKeysToOwnRows } from '../tables/drop-foreign-keys.ts'
import { kindOf, tablesOfKind } from '../tables/table-kinds.ts'

/** Of the distributed tables and the reference tables. */
export type DistributedTables = { tables: number; rows: number }

/**
 * Distributes the tables of an empty or full database over the nodes of Citus by their kinds ({@link kindOf}), in one
 * transaction: those with a clinic by its number, all of them colocated, and reference tables, of which each node has a
 * copy. All others stay on the coordinator, with their rows: {@link writeShardSchemas} copies what is of shards. What
 * already is distributed stays as it is.
 *
 * Citus takes a table only without what depends on others: foreign keys, functions and views are dropped and created
 * again, without the foreign keys to tables of which each shard has rows of its own. Triggers belong to the shards
 * ({@link writeShardSchemas}); here only their definitions are kept, in `holdfast.shard_trigger`.
 *
 * docs/decisions/0051-on-citus-a-shard-has-a-schema.md
 *
 * @param client connected to the coordinator as the owner, which `migrate` has brought up to date, and `checkCitus` has
 *   checked
 * @returns null: the tables are distributed already
 * @throws Error if fewer rows are in the shards than there were
 */
export async function distribute(client: pg.Client): Promise<DistributedTables | null> {
  const { rows } = await client.query(
    sql`select from pg_dist_partition where logicalrelid = 'holdfast.clinic'::regclass and partmethod = 'h'`,
  )
  if (rows.length > 0) return null
  return await inClientTransaction(client, async () => {
    await client.query(`
      set local client_min_messages = warning;
      set local citus.multi_shard_modify_mode = sequential;
      set local check_function_bodies = off`)
    await dropForeignKeysToOwnRows(client)
    await client.query(`
      create temp table kept on commit drop as ${keptDefinitions};
      create table holdfast.shard_trigger as
        select relation, name, definition from kept where kind = 'trigger';
      ${dropKept}`)
    const distributed = await distributeTables(client)
    await client.query(`
      ${createKept('foreign key')}
      set local citus.enable_ddl_propagation = off;
      ${createKept('view')}
      ${createKept('function')}`)
    // On the coordinator; `migrateDistributed` passes on what nodes need.
    await client.query((await sqlFiles()).grants)
    return distributed
  })
}

async function distributeTables(client: pg.Client): Promise<DistributedTables> {
  // Citus wants its distribution column in every unique constraint.
  await client.query(`
    alter table holdfast.clinic drop constraint clinic_id_key;
    alter table holdfast.clinic add unique (no, id)`)
  const { rows: tables } = await client.query<{ name: string }>(sql`
    select c.relname as name from pg_class c
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> 'shard_trigger' order by 1`)
  // Throws for a table without a kind.
  for (const { name } of tables) kindOf(name)
  let rows = 0
  for (const name of tablesOfKind('reference')) {
    rows += await distributeTable(client, name, sql`create_reference_table(${`holdfast.${name}`}::regclass)`)
  }
  rows += await distributeTable(client, 'clinic', sql`create_distributed_table('holdfast.clinic', 'no')`)
  for (const name of tablesOfKind('distributed')) {
    if (name === 'clinic') continue
    const table = `holdfast.${name}`
    const call = sql`create_distributed_table(${table}::regclass, 'clinic_no', colocate_with => 'holdfast.clinic')`
    rows += await distributeTable(client, name, call)
  }
  return { tables: tablesOfKind('reference').length + tablesOfKind('distributed').length, rows }
}

/** @returns its number of rows */
async function distributeTable(client: pg.Client, table: string, call: Sql): Promise<number> {
  const before = await countRows(client, table)
  await client.query(sql`select ${call}`)
  // Else the rows would stay on the coordinator's disk, where no statement finds them.
  await client.query(sql`select truncate_local_data_after_distributing_table(${`holdfast.${table}`}::regclass)`)
  const after = await countRows(client, table)
  if (after !== before) throw new Error(`holdfast.${table} had ${before} rows, and has ${after} in its shards.`)
  return after
}

async function countRows(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from holdfast.${table}`)
  return Number(rows[0]?.count)
}

/**
 * The functions that checks of the tables call stay, and Citus creates them on each node by itself. `n`: the order in
 * which they can be created. Functions: first those of migrations, then the others by name, as their files are applied;
 * a function sorts after those that it calls. Their OIDs don't: an update that adds a function and a call of it
 * replaces the caller, which keeps its older OID.
 */
const keptDefinitions = `
  select 'trigger' as kind, oid::int8 as n, tgrelid::regclass::text as relation, tgname::text as name,
         pg_get_triggerdef(oid) as definition
    from pg_trigger
   where not tgisinternal and tgparentid = 0
     and tgrelid in (select oid from pg_class where relnamespace = 'holdfast'::regnamespace)
  union all
  select 'foreign key', oid::int8, conrelid::regclass::text, conname::text,
         format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint
   where contype = 'f' and connamespace = 'holdfast'::regnamespace and conparentid = 0
  union all
  select 'view', oid::int8, null, oid::regclass::text,
         format('create view %s as %s', oid::regclass, pg_get_viewdef(oid))
    from pg_class
   where relkind = 'v' and relnamespace = 'holdfast'::regnamespace
  union all
  select 'function',
         row_number() over (order by exists (select from holdfast.function_file where name = proname), proname, oid),
         null, oid::regprocedure::text, pg_get_functiondef(oid)
    from pg_proc
   where pronamespace = 'holdfast'::regnamespace
     and not exists (select from pg_depend d
                      where d.refclassid = 'pg_proc'::regclass and d.refobjid = pg_proc.oid
                        and d.classid = 'pg_constraint'::regclass)`

/** In reverse order; `cascade` also drops what depends on a function. */
const dropKept = `
  do $$ declare r record; begin
    for r in select * from kept where kind = 'trigger' loop
      execute format('drop trigger %I on %s', r.name, r.relation);
    end loop;
    for r in select * from kept where kind = 'foreign key' loop
      execute format('alter table %s drop constraint %I', r.relation, r.name);
    end loop;
    for r in select * from kept where kind = 'function' order by n desc loop
      if to_regprocedure(r.name) is not null then execute 'drop function ' || r.name || ' cascade'; end if;
    end loop;
    for r in select * from kept where kind = 'view' loop
      execute format('drop view if exists %s cascade', r.name);
    end loop;
  end $$;`

const createKept = (kind: string) => `
  do $$ declare r record; begin
    for r in select * from kept where kind = '${kind}' order by n loop execute r.definition; end loop;
  end $$;`
