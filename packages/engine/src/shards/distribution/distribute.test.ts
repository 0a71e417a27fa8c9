import { createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import pg from 'pg'
import sql from 'sql-template-tag'
import { expect, onTestFinished, test } from 'vitest'
import { distribute } from './distribute.ts'

/** A database with the functions of Citus that the distribution calls. Here they do nothing. */
async function aDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  await database.ownerPool.query(`
    create table public.pg_dist_partition (logicalrelid regclass, partmethod text);
    create function public.create_reference_table(regclass) returns void return null;
    create function public.create_distributed_table(regclass, text, colocate_with text default null) returns void
      return null;
    create function public.truncate_local_data_after_distributing_table(regclass) returns void return null`)
  return database
}

/** Every function with its OID and its definition. */
async function functionsOf({ ownerPool }: TestDatabase) {
  const { rows } = await ownerPool.query<{ oid: string; name: string; definition: string }>(sql`
    select oid::text, proname as name, pg_get_functiondef(oid) as definition from pg_proc
     where pronamespace = 'holdfast'::regnamespace order by oid::regprocedure::text`)
  return rows
}

/** As an update leaves a function that now calls a new one: the OID of the caller is older than that of the new one. */
async function updateCaller(database: TestDatabase, caller: string, callee: string): Promise<void> {
  const before = new Map((await functionsOf(database)).map(({ name, definition }) => [name, definition]))
  const { rows } = await database.ownerPool.query<{ head: string; name: string }>(sql`
    select regexp_replace(pg_get_functiondef(oid), '\\mRETURN .*', 'return null') as head,
           oid::regprocedure::text as name
      from pg_proc where pronamespace = 'holdfast'::regnamespace and proname in (${caller}, ${callee})
     order by proname = ${callee}`)
  await database.ownerPool.query(`
    ${rows[0]?.head};
    drop function ${rows[1]?.name};
    ${before.get(callee)};
    ${before.get(caller)}`)
}

async function distributed({ ownerUrl }: TestDatabase) {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  onTestFinished(() => client.end())
  return distribute(client)
}

test('the functions of a database that was updated are created again, each after those that it calls', async () => {
  const database = await aDatabase()
  await updateCaller(database, 'claim_verdict', 'claim_closed')
  const before = await functionsOf(database)
  const oidOf = (name: string) => Number(before.find((each) => each.name === name)?.oid)
  expect(oidOf('claim_verdict')).toBeLessThan(oidOf('claim_closed'))
  expect(await distributed(database)).toMatchObject({ tables: expect.any(Number) })
  const names = (functions: typeof before) => functions.map(({ name }) => name)
  expect(names(await functionsOf(database))).toEqual(names(before))
})
