import type { TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'

/** Which tables have another content since `begin`, by what is committed. */
export type TableChanges = {
  begin(): Promise<void>
  tables(): Promise<string[]>
  /** How many rows more each of them has. `directory_change` has none: two notes drop a cached text twice. */
  growth(): Promise<Record<string, number>>
}

/**
 * Counts the changes of each table of the schema `holdfast` by triggers: a digest of all tables takes 30 ms. Each
 * changed row adds the hash of its new content, and subtracts that of its earlier one.
 *
 * @param except tables that do not count
 */
export async function tableChanges(
  { ownerPool }: Pick<TestDatabase, 'ownerPool'>,
  except: readonly string[],
): Promise<TableChanges> {
  await ownerPool.query(`
    create unlogged table public.row_change (name text not null, delta numeric not null, growth integer not null);
    create function public.note_row() returns trigger language plpgsql security definer as $$
      declare
        delta numeric := 0;
        growth integer := 0;
      begin
        if tg_op <> 'DELETE' then
          delta := delta + hashtextextended(new::text, 0);
          growth := growth + 1;
        end if;
        if tg_op <> 'INSERT' then
          delta := delta - hashtextextended(old::text, 0);
          growth := growth - 1;
        end if;
        insert into public.row_change values (tg_argv[0], delta, growth);
        return null;
      end $$`)
  const { rows } = await ownerPool.query<{ name: string }>(sql`select relname as name from pg_class
      where relnamespace = 'holdfast'::regnamespace and relkind in ('r', 'p') and not relispartition
        and relname <> all(${except})`)
  const triggers = rows.map(
    ({ name }) =>
      `create trigger note_row after insert or update or delete on holdfast.${name}
         for each row execute function public.note_row('${name}')`,
  )
  await ownerPool.query(triggers.join(';'))
  return {
    async begin() {
      await ownerPool.query('delete from public.row_change')
    },
    async tables() {
      const { rows } = await ownerPool.query<{ name: string }>(`select name from public.row_change group by name
          having sum(delta) <> 0 order by name`)
      return rows.map(({ name }) => name)
    },
    async growth() {
      const { rows } = await ownerPool.query<{ name: string; rows: number }>(`
        select name, sum(growth)::integer as rows from public.row_change
         where name <> 'directory_change' group by name having sum(growth) <> 0 order by name`)
      return Object.fromEntries(rows.map(({ name, rows }) => [name, rows]))
    },
  }
}
