import type pg from 'pg'
import sql from 'sql-template-tag'
import { sqlFiles } from '../migrate/sql-files.ts'

/**
 * Distributes the tables of an empty or full database over the nodes of Citus, in one transaction: a table with
 * `clinic_no` by it, `clinic` by its number, all of them colocated, and every other table as a reference table, of
 * which each node has a copy. What already is distributed stays as it is.
 *
 * Citus takes a table only without what depends on others: foreign keys, functions and views are dropped and created
 * again. Triggers belong to the shards ({@link writePlaces}); here only their definitions are kept, in
 * `holdfast.place_trigger`.
 *
 * docs/decisions/0051-on-citus-a-place-is-a-schema.md
 *
 * @param client connected to the coordinator as the owner, which `migrate` has brought up to date
 * @returns whether anything was distributed now
 * @throws Error if the database has no Citus, or the node is not its coordinator
 */
export async function distribute(client: pg.Client): Promise<boolean> {
  await checkCoordinator(client)
  const { rows } = await client.query(
    sql`select from pg_dist_partition where logicalrelid = 'holdfast.clinic'::regclass and partmethod = 'h'`,
  )
  if (rows.length > 0) return false
  await client.query('begin')
  try {
    await client.query(`
      set local client_min_messages = warning;
      set local citus.multi_shard_modify_mode = sequential;
      set local check_function_bodies = off`)
    await client.query(`
      create temp table kept on commit drop as ${keptDefinitions};
      create table holdfast.place_trigger as
        select relation, name, definition from kept where kind = 'trigger';
      ${dropKept}`)
    await distributeTables(client)
    await client.query(`
      ${createKept('foreign key')}
      set local citus.enable_ddl_propagation = off;
      ${createKept('view')}
      ${createKept('function')}`)
    await client.query((await sqlFiles()).grants)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
  return true
}

async function checkCoordinator(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ found: boolean }>(
    sql`select exists (select from pg_extension where extname = 'citus') as found`,
  )
  if (rows[0]?.found !== true) throw new Error('The database has no Citus: run "create extension citus" on all nodes.')
  const { rows: nodes } = await client.query<{ coordinator: boolean }>(
    sql`select citus_is_coordinator() as coordinator`,
  )
  if (nodes[0]?.coordinator !== true) throw new Error('This node is a worker of Citus: connect to the coordinator.')
}

async function distributeTables(client: pg.Client): Promise<void> {
  // Citus wants its distribution column in every unique constraint.
  await client.query(`
    alter table holdfast.clinic drop constraint clinic_id_key;
    alter table holdfast.clinic add unique (no, id)`)
  const { rows } = await client.query<{ name: string; hasClinic: boolean }>(sql`
    select c.oid::regclass::text as name,
           exists (select from pg_attribute a
                    where a.attrelid = c.oid and a.attname = 'clinic_no' and not a.attisdropped) as "hasClinic"
      from pg_class c
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname not in ('clinic', 'place_trigger', 'migration', 'function_file')
     order by 2, 1`)
  for (const { name, hasClinic } of rows) {
    if (!hasClinic) await client.query(sql`select create_reference_table(${name}::regclass)`)
  }
  await client.query(`select create_distributed_table('holdfast.clinic', 'no')`)
  for (const { name, hasClinic } of rows) {
    if (!hasClinic) continue
    await client.query(
      sql`select create_distributed_table(${name}::regclass, 'clinic_no', colocate_with => 'holdfast.clinic')`,
    )
  }
}

/** The functions that checks of the tables call stay, and Citus creates them on each node by itself. */
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
  select 'function', oid::int8, null, oid::regprocedure::text, pg_get_functiondef(oid)
    from pg_proc
   where pronamespace = 'holdfast'::regnamespace
     and not exists (select from pg_depend d
                      where d.refclassid = 'pg_proc'::regclass and d.refobjid = pg_proc.oid
                        and d.classid = 'pg_constraint'::regclass)`

/** Newest first, since a function may depend on an older one; it may take a younger one along all the same. */
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
