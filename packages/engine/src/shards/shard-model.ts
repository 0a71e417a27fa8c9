import type pg from 'pg'
import sql from 'sql-template-tag'
import { readLedger } from '../migrate/ledger.ts'
import { tablesOfKind } from './table-kinds.ts'

/** What the shards of a database have in common: the definitions name the schema `holdfast`. */
export type ShardModel = {
  tables: ModelTable[]
  migrations: { version: number; name: string; checksum: string }[]
  views: string[]
  types: { name: string; definition: string }[]
  /** Those that migrations create, and no file of `sql/functions`: of triggers, and of constraints. */
  functions: string[]
}

export type ModelTable = {
  name: string
  /** What selects a null for each column, of its type and with its name. */
  nulls: string
  /** Creates the table as it is, with its indexes and without its foreign keys. */
  definition: string
  /** Columns of which PostgreSQL collects no statistics, since these would have values of patients. */
  withoutStatistics: string[]
}

/** @param client with `public` as its search path, so that the definitions name the schema */
export async function readShardModel(client: pg.Client): Promise<ShardModel> {
  const { migrations } = await readLedger(client)
  const views = await client.query<{ definition: string }>(sql`
    select format('create or replace view %s as %s', oid::regclass, pg_get_viewdef(oid)) as definition from pg_class
     where relnamespace = 'holdfast'::regnamespace and relkind = 'v' order by oid`)
  // Their attributes may be rows of tables: in a shard, of its views.
  const types = await client.query<ShardModel['types'][number]>(sql`
    select c.relname as name,
           format('create type %s as (%s)', c.oid::regclass,
                  string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                             order by a.attnum))
             as definition
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind = 'c'
     group by c.relname, c.oid order by c.relname`)
  const functions = await client.query<{ definition: string }>(sql`
    select pg_get_functiondef(p.oid) as definition from pg_proc p
     where p.pronamespace = 'holdfast'::regnamespace
       and not exists (select from holdfast.function_file f where f.name = p.proname)
     order by p.proname`)
  return {
    tables: await tablesOf(client),
    migrations,
    views: views.rows.map(({ definition }) => definition),
    types: types.rows,
    functions: functions.rows.map(({ definition }) => definition),
  }
}

async function tablesOf(client: pg.Client): Promise<ModelTable[]> {
  const { rows } = await client.query<ModelTable>(sql`
    select c.relname as name, columns.nulls,
           concat_ws('; ', format('create table %s (%s)', c.oid::regclass,
                                  concat_ws(', ', columns.lines, constraints.lines)), indexes.lines) as definition,
           array(select a.attname::text from pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and a.attstattarget = 0) as "withoutStatistics"
      from pg_class c
     cross join lateral (
       select string_agg(format('null::%s as %I', format_type(a.atttypid, a.atttypmod), a.attname), ', '
                         order by a.attnum) as nulls,
              string_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                                case when a.attnotnull then ' not null' else '' end,
                                ' default ' || pg_get_expr(d.adbin, d.adrelid)), ', ' order by a.attnum) as lines
         from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) columns
     cross join lateral (
       select string_agg(format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), ', ') as lines
         from pg_constraint k where k.conrelid = c.oid and k.contype in ('c', 'p', 'u', 'x')) constraints
     cross join lateral (
       select string_agg(pg_get_indexdef(i.indexrelid), '; ') as lines
         from pg_index i
        where i.indrelid = c.oid
          and not exists (select from pg_constraint k
                           where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))) indexes
     where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname not in ('shard_trigger') and c.relname <> all (${tablesOfKind('ledger')})
     order by c.relname`)
  return rows
}
