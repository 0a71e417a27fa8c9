import type pg from 'pg'
import sql from 'sql-template-tag'
import { inSeparateTransaction, type MigrateSession } from './migrate-session.ts'

/**
 * Gives the indexes of the exclusion constraints more than one page, because PostgreSQL (18.4 and before) may lose rows
 * of a GiST index when its only page is divided: a scan that is repeated meanwhile marks entries of other rows as dead
 * (docs/decisions/0035). Then the constraint and the reads by this index do not see these rows, and a time could be
 * taken twice. An index that has been divided does not get back to one page, but one that is built again may: after a
 * `reindex`, migrate.
 *
 * Rows are inserted for this and rolled back: their clinic does not exist. Their entries keep the index divided.
 */
export async function growIndexes(session: MigrateSession): Promise<void> {
  for (const { table, index } of await smallIndexes(session.client)) {
    await inSeparateTransaction(session, `the index ${index}`, () => session.client.query(divisionOf(table)))
  }
  const left = await smallIndexes(session.client)
  if (left.length > 0) {
    throw new Error(`These indexes still have one page: ${left.map(({ index }) => index).join(', ')}.`)
  }
}

/** The exclusion constraints' indexes that have one page at most, which is their root. */
async function smallIndexes(client: pg.Client): Promise<{ table: string; index: string }[]> {
  const { rows } = await client.query<{ table: string; index: string }>(sql`
    select t.relname as table, i.relname as index
      from pg_constraint c
      join pg_class t on t.oid = c.conrelid
      join pg_class i on i.oid = c.conindid
     where c.contype = 'x' and t.relnamespace = 'holdfast'::regnamespace
       and pg_relation_size(i.oid) <= current_setting('block_size')::integer
     order by 1`)
  return rows
}

/** Rows of a resource that does not exist, so that none of them can stay. */
const rowsOf: Readonly<Record<string, string>> = {
  slot: `
    insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
    select 0, i.id, gen_random_uuid(), now(), now() + interval '1 hour', 1 from ids i`,
  allocation: `
    insert into holdfast.allocation (clinic_no, booking_id, resource_id, unit_no, kind, during)
    select 0, i.id, gen_random_uuid(), 1, 'room', tstzrange(now(), now() + interval '1 hour') from ids i`,
  working_hours: `
    insert into holdfast.working_hours (clinic_no, id, resource_id, valid_from, bands)
    select 0, i.id, gen_random_uuid(), now()::date, '[]' from ids i`,
}

function divisionOf(table: string): string {
  const insertion = rowsOf[table]
  if (insertion === undefined) throw new Error(`No rows are known with which the index of ${table} grows.`)
  return `
    do $$ begin
      with ids as (select ('00000000-0000-8000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id
                     from generate_series(1, 400) n)
      ${insertion};
      raise foreign_key_violation;
    exception when foreign_key_violation then
      null;
    end $$`
}
