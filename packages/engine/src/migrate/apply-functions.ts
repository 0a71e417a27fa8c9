import type pg from 'pg'
import sql from 'sql-template-tag'
import { explainSqlError } from './explain-sql-error.ts'
import type { Ledger } from './ledger.ts'
import type { FunctionFile, SqlFiles } from './sql-files.ts'

/** A function in the catalogue; `stamp` changes whenever it is created or replaced. */
type Catalogued = { oid: number; identity: string; stamp: string }

/** Which functions to write and which to drop, by comparison with the ledger. */
export function functionChanges(ledger: Ledger, files: FunctionFile[]): { changed: FunctionFile[]; removed: string[] } {
  const applied = new Map(ledger.functions.map((file) => [file.name, file.checksum]))
  const onDisk = new Set(files.map((file) => file.name))
  return {
    changed: files.filter((file) => applied.get(file.name) !== file.checksum),
    removed: ledger.functions.map((file) => file.name).filter((name) => !onDisk.has(name)),
  }
}

/**
 * Writes the changed functions, drops the removed ones and applies the grants again. All of it is in the caller's
 * transaction, so no server ever sees a part of it or a function without its grant.
 *
 * Bodies are checked after all functions exist, because a function may call one that comes later in the alphabet.
 *
 * @param dropsRemoved false: functions without a file stay, with their grants, as servers of the previous release call
 *   them
 * @returns the names of the functions written, and of those without a file that stay
 */
export async function applyFunctions(
  client: pg.Client,
  ledger: Ledger,
  files: SqlFiles,
  dropsRemoved: boolean,
): Promise<{ written: string[]; kept: string[] }> {
  const { changed: edited, removed } = functionChanges(ledger, files.functions)
  const dependents = await dependentsOf(
    client,
    edited.map((file) => file.name),
  )
  const changed = files.functions.filter((file) => edited.includes(file) || dependents.includes(file.name))
  await client.query('set local check_function_bodies = off')
  const written: Catalogued[] = []
  for (const file of changed) {
    written.push(...(await applyFile(client, file)))
    await client.query(sql`
      insert into holdfast.function_file (name, checksum, release)
      values (${file.name}, ${file.checksum}, ${files.release})
      on conflict (name) do update set checksum = excluded.checksum, release = excluded.release, applied_at = now()`)
  }
  const kept = dropsRemoved ? [] : await mayBeCalled(client, removed)
  for (const name of dropsRemoved ? removed : []) {
    await dropFunctions(client, await functionsNamed(client, name))
    await client.query(sql`delete from holdfast.function_file where name = ${name}`)
  }
  await validate(client, written)
  await applyGrants(client, files.grants)
  for (const identity of kept) await client.query(`grant execute on function ${identity} to holdfast_app`)
  return { written: changed.map((file) => file.name), kept: dropsRemoved ? [] : removed }
}

/** Those of the functions with these names that the application may call now. */
async function mayBeCalled(client: pg.Client, names: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ identity: string }>(sql`
    select oid::regprocedure::text as identity from pg_proc
     where pronamespace = 'holdfast'::regnamespace and proname = any (${names})
       and has_function_privilege('holdfast_app', oid, 'execute')`)
  return rows.map(({ identity }) => identity)
}

async function applyGrants(client: pg.Client, grants: string): Promise<void> {
  try {
    await client.query(grants)
  } catch (error) {
    throw explainSqlError(error, 'grants.sql')
  }
}

/**
 * Replaces a function in place if PostgreSQL can (calls in progress go on with the old one), and drops it first if the
 * shape of its result or the name of a parameter has changed. Overloads that the file no longer creates are dropped.
 */
async function applyFile(client: pg.Client, file: FunctionFile): Promise<Catalogued[]> {
  const before = await functionsNamed(client, file.name)
  await client.query('savepoint function_file')
  try {
    await replaceOrRecreate(client, file)
  } catch (error) {
    throw explainSqlError(error, `${file.name}.sql`)
  }
  await client.query('release savepoint function_file')
  const untouched = new Set(before.map((one) => one.stamp))
  const after = await functionsNamed(client, file.name)
  const outdated = after.filter((one) => untouched.has(one.stamp))
  if (outdated.length > 0) await dropWithDependents(client, file.name, outdated)
  const written = after.filter((one) => !untouched.has(one.stamp))
  if (written.length === 0) throw new Error(`${file.name}.sql doesn't create holdfast.${file.name}.`)
  return written
}

async function replaceOrRecreate(client: pg.Client, file: FunctionFile): Promise<void> {
  try {
    await client.query(file.text)
  } catch (error) {
    if (!cannotReplace(error)) throw error
    await client.query('rollback to savepoint function_file')
    await dropWithDependents(client, file.name, await functionsNamed(client, file.name))
    await client.query(file.text)
  }
}

async function dropFunctions(client: pg.Client, functions: Catalogued[]): Promise<void> {
  for (const { identity } of functions) await client.query(`drop function ${identity}`)
}

/** The dependents' files are written next: see {@link dependentsOf}. */
async function dropWithDependents(client: pg.Client, name: string, functions: Catalogued[]): Promise<void> {
  for (const dependent of await dependentsOf(client, [name])) {
    await dropFunctions(client, await functionsNamed(client, dependent))
  }
  await dropFunctions(client, functions)
}

/**
 * Holdfast's functions that prevent PostgreSQL from dropping these: a body parsed at its creation (`begin atomic`)
 * depends on what it calls. Their files are written again: each comes later in the alphabet than what it calls.
 */
async function dependentsOf(client: pg.Client, names: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql`
    select distinct caller.proname as name
      from pg_depend d
      join pg_proc caller on caller.oid = d.objid and d.classid = 'pg_proc'::regclass
      join pg_proc called on called.oid = d.refobjid and d.refclassid = 'pg_proc'::regclass
     where called.proname = any (${names}) and caller.oid <> called.oid
       and called.pronamespace = 'holdfast'::regnamespace and caller.pronamespace = 'holdfast'::regnamespace
     order by 1`)
  return rows.map((row) => row.name)
}

async function functionsNamed(client: pg.Client, name: string): Promise<Catalogued[]> {
  const { rows } = await client.query<Catalogued>(sql`
    select oid::int8 as oid, oid::regprocedure::text as identity,
      oid || ':' || xmin || ':' || cmin || ':' || ctid as stamp
      from pg_proc where pronamespace = 'holdfast'::regnamespace and proname = ${name} order by 1`)
  return rows
}

/**
 * A validator that is called directly does not apply the function's search_path, so it is set here: all functions have
 * the same.
 */
async function validate(client: pg.Client, functions: Catalogued[]): Promise<void> {
  await client.query('set local check_function_bodies = on')
  await client.query('set local search_path = holdfast, pg_catalog, pg_temp')
  for (const { oid, identity } of functions) {
    try {
      await client.query(sql`
        select case l.lanname when 'plpgsql' then plpgsql_validator(p.oid)::text
                              when 'sql' then fmgr_sql_validator(p.oid)::text end
          from pg_proc p join pg_language l on l.oid = p.prolang where p.oid = ${oid}`)
    } catch (error) {
      throw explainSqlError(error, identity)
    }
  }
  await client.query('set local search_path = public')
}

const cannotReplaceCodes = new Set(['42P13', '42723'])

/** invalid_function_definition: another result or parameter name; duplicate_function: written without OR REPLACE. */
function cannotReplace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && cannotReplaceCodes.has(String(error.code))
}
