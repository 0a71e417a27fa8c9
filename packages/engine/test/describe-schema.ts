import type pg from 'pg'

/** Each query returns lines of text, in the form of SQL. */
const sections = [
  `select format('create extension if not exists %I;', extname) as text from pg_extension
     where extname <> 'plpgsql' order by 1`,
  `select 'create schema holdfast;' as text`,
  `select format('create sequence %I.%I as %s increment %s minvalue %s maxvalue %s start %s cache %s%s;', schemaname,
    sequencename,
            data_type, increment_by, min_value, max_value, start_value, cache_size, case when cycle then ' cycle'
              else '' end) as text
     from pg_sequences where schemaname = 'holdfast' order by sequencename`,
  // The functions of the schema; the others have separate files.
  `select rtrim(pg_get_functiondef(p.oid)) || ';' as text
     from pg_proc p
    where p.pronamespace = 'holdfast'::regnamespace
      and p.proname not in (select name from holdfast.function_file)
    order by p.oid::regprocedure::text`,
  `select format(E'create table holdfast.%I (\\n%s\\n)%s%s;', c.relname,
            concat_ws(E',\\n', columns.lines, constraints.lines),
            ' partition by ' || pg_get_partkeydef(c.oid),
              ' with (' || array_to_string(c.reloptions, ', ') || ')') as text
     from pg_class c
    cross join lateral (
      select string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                               case when a.attnotnull then ' not null' else '' end,
                               ' default ' || pg_get_expr(d.adbin, d.adrelid))
                        || case a.attidentity when '' then '' else ' identity' end, E',\\n' order by a.attnum) as lines
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) columns
    cross join lateral (
      select string_agg(format('  constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), E',\\n'
                        order by k.contype <> 'p', k.conname collate "C") as lines
        from pg_constraint k where k.conrelid = c.oid and k.contype in ('c', 'p', 'u', 'x')) constraints
    where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname collate "C"`,
  `select replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') || ';' as text
     from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
    order by i.indexrelid::regclass::text collate "C"`,
  `select format('alter table %s add constraint %I %s;', k.conrelid::regclass, k.conname,
    pg_get_constraintdef(k.oid)) as text
     from pg_constraint k
    where k.connamespace = 'holdfast'::regnamespace and k.contype = 'f' and k.conparentid = 0
    order by k.conrelid::regclass::text collate "C", k.conname collate "C"`,
  `select format('alter table %s alter column %I set statistics %s, set storage %s;', c.oid::regclass, a.attname,
            case when a.attstattarget >= 0 then a.attstattarget end, a.attstorage) as text
     from pg_attribute a
     join pg_class c on c.oid = a.attrelid
     join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'holdfast'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attnum > 0 and not a.attisdropped and (a.attstattarget >= 0 or a.attstorage <> t.typstorage)
    order by 1`,
  `select format('create view %s as %s', c.oid::regclass, pg_get_viewdef(c.oid)) as text
     from pg_class c where c.relnamespace = 'holdfast'::regnamespace and c.relkind = 'v' order by 1`,
  `select format('create type %s as (%s);', c.oid::regclass,
            string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
                       order by a.attnum)) as text
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'holdfast'::regnamespace and c.relkind = 'c'
    group by c.oid order by 1`,
  `select pg_get_triggerdef(t.oid) || ';' as text
     from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'holdfast'::regnamespace and not c.relispartition and not t.tgisinternal
    order by 1`,
]

/**
 * The tables of a database and what belongs to them, as text that is the same for the same schema: without partitions
 * (they depend on the date), functions that have separate files, and grants. Two schemas are compared by it.
 *
 * @param client in a transaction, whose search_path this changes
 */
export async function describeSchema(client: pg.ClientBase): Promise<string> {
  // Only pg_catalog, so that every name is written with its schema.
  await client.query('set local search_path = pg_catalog')
  const parts: string[] = []
  for (const section of sections) {
    const { rows } = await client.query<{ text: string }>(section)
    if (rows.length > 0) parts.push(rows.map((row) => row.text).join('\n'))
  }
  return `${parts.join('\n\n')}\n`
}
