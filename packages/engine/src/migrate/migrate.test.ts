import { createTestDatabase, holdLock, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { files, withFunctions, withMigration } from '../../test/planted-files.ts'
import { changeDatabaseUrl } from '../database/database-url.ts'
import { migrate } from './migrate.ts'
import { migrationStatus } from './migration-status.ts'

let database: TestDatabase
let owner: pg.Pool

beforeEach(async () => {
  database = await createTestDatabase()
  owner = database.ownerPool
})
afterEach(() => database.drop())

async function value(statement: string): Promise<unknown> {
  const { rows } = await owner.query<Record<string, unknown>>(statement)
  return Object.values(rows[0] ?? {})[0]
}

const newestVersion = Math.max(...[files.schema, ...files.migrations].map((file) => file.version))
const planted = (result: string) =>
  `create or replace function holdfast.planted() returns integer language sql return ${result};`

test('a migration that was changed after it was applied is refused, and so is one that comes too late', async () => {
  await migrate({ ownerUrl: database.ownerUrl, files: withMigration(9000, 'select 1') })
  const changed = migrate({ ownerUrl: database.ownerUrl, files: withMigration(9000, 'select 2') })
  await expect(changed).rejects.toMatchObject({
    kind: 'migration_changed',
    message: expect.stringContaining('9000-planted'),
  })
  const late = withMigration(8000, 'select 3')
  late.migrations.push(...withMigration(9000, 'select 1').migrations.slice(-1))
  await expect(migrate({ ownerUrl: database.ownerUrl, files: late })).rejects.toMatchObject({
    kind: 'migration_out_of_order',
    message: expect.stringContaining('8000-planted'),
  })
})

test('a database of before the schema is neither current nor updated', async () => {
  await owner.query('delete from holdfast.migration where version > 402')
  await owner.query(`update holdfast.migration set version = 401, name = '0401-drained-shards'`)
  const pending = [files.schema, ...files.migrations].map(({ name }) => name)
  expect(await migrationStatus(owner)).toEqual({ current: false, pending })
  await expect(migrate({ ownerUrl: database.ownerUrl })).rejects.toMatchObject({
    kind: 'before_the_schema',
    message: expect.stringContaining('created before Holdfast 0.3.0: its newest migration is 401'),
  })
})

test('a database that lacks a column, as its schema was changed in place, is refused with what to do', async () => {
  const grants = `${files.grants}\ngrant update (planted) on holdfast.clinic to holdfast_app;`
  await expect(migrate({ ownerUrl: database.ownerUrl, files: { ...files, grants } })).rejects.toMatchObject({
    name: 'MigrateError',
    kind: 'other_schema',
    message: expect.stringMatching(/^grants\.sql: column "planted" .* does not exist\. .*use an empty one.*\.holdfast/),
  })
})

test('a database of a newer release with another entry of the schema is left as it is', async () => {
  await owner.query('delete from holdfast.migration where version > 402')
  await owner.query(`update holdfast.migration set version = 500, name = '0500-schema'`)
  await owner.query(`update holdfast.function_file set release = '9.0.0'`)
  expect(await migrationStatus(owner)).toEqual({ current: true, pending: [] })
  expect(await migrate({ ownerUrl: database.ownerUrl })).toEqual({
    applied: [],
    functions: [],
    version: 500,
    postponed: [],
  })
})

test('a failing migration leaves nothing behind; those before it stay applied', async () => {
  const broken = withMigration(9000, 'create table holdfast.half_made (id integer); select 1 / 0')
  await expect(migrate({ ownerUrl: database.ownerUrl, files: broken })).rejects.toThrow('division by zero')
  expect(await value("select to_regclass('holdfast.half_made')")).toBe(null)
  expect(await value('select max(version) from holdfast.migration')).toBe(newestVersion)
  const fixed = withMigration(9000, 'create table holdfast.half_made (id integer)')
  expect((await migrate({ ownerUrl: database.ownerUrl, files: fixed })).applied).toEqual(['9000-planted'])
})

test('an old server runs on a newer schema: it is current, and does not change functions and grants', async () => {
  const newer = { ...withMigration(9000, 'select 1'), functions: withFunctions({ planted: planted('2') }).functions }
  await migrate({ ownerUrl: database.ownerUrl, files: newer })
  const log: string[] = []
  const result = await migrate({
    ownerUrl: database.ownerUrl,
    log: (line) => void log.push(line),
    files: withFunctions({ planted: planted('1') }),
  })
  expect(result).toEqual({ applied: [], functions: [], version: 9000, postponed: [] })
  expect(log).toEqual(['The database is of a newer release: its functions and grants are left as they are.'])
  expect(await value('select holdfast.planted()')).toBe(2)
  expect(await migrationStatus(owner)).toEqual({ current: true, pending: [] })
})

test('the functions of a newer release are not overwritten, even if it has no new migration', async () => {
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: planted('2') }, '99.10.0') })
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: planted('1') }, '99.9.1') })
  expect(await value('select holdfast.planted()')).toBe(2)
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: planted('3') }, '99.10.1') })
  expect(await value('select holdfast.planted()')).toBe(3)
})

test('a changed function is replaced in place, and dropped first if its shape has changed', async () => {
  const oid = () => value("select 'holdfast.planted'::regproc::oid::int8")
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: planted('1') }) })
  const before = await oid()
  const result = await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: planted('2') }) })
  expect(result.functions).toEqual(['planted'])
  expect(await value('select holdfast.planted()')).toBe(2)
  expect(await oid()).toBe(before)
  const otherResult = planted("'three'").replace('integer', 'text')
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: otherResult }) })
  expect(await value('select holdfast.planted()')).toBe('three')
  const otherParameters = planted('p_number').replace('planted()', 'planted(p_number integer)')
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: otherParameters }) })
  expect(await value('select holdfast.planted(4)')).toBe(4)
  expect(await value("select count(*)::int from pg_proc where proname = 'planted'")).toBe(1)
})

test('a server that prepared a function of another shape gets an error, and the function does nothing', async () => {
  const writing = (columns: string, values: string) =>
    `create or replace function holdfast.planted() returns table (${columns}) language sql security definer
       begin atomic
         insert into holdfast.setting (name, value) values (gen_random_uuid(), 'planted');
         select ${values};
       end`
  const prepared = { name: 'planted', text: 'select * from holdfast.planted()' }
  const writes = () => value("select count(*)::int from holdfast.setting where value = 'planted'")
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: writing('one integer', '1') }) })
  const client = await owner.connect()
  expect((await client.query(prepared)).rows).toEqual([{ one: 1 }])
  const wider = writing('one integer, two integer', '1, 2')
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: wider }) })
  await expect(client.query(prepared)).rejects.toThrow('cached plan must not change result type')
  expect(await writes()).toBe(1)
  client.release(true)
  expect((await owner.query(prepared)).rows).toEqual([{ one: 1, two: 2 }])
  expect(await writes()).toBe(2)
})

test('a function is changed though another’s parsed body calls it: that one is written again', async () => {
  const caller = `create or replace function holdfast.planted_caller() returns integer language sql immutable
    begin atomic select holdfast.planted(); end`
  const planned = (text: string, callerText = caller) => ({
    ownerUrl: database.ownerUrl,
    files: withFunctions({ planted: text, planted_caller: callerText }),
  })
  await migrate(planned(planted('1')))
  const widened = planted('coalesce(p_number, 2)').replace('planted()', 'planted(p_number integer default null)')
  expect((await migrate(planned(widened))).functions).toEqual(['planted', 'planted_caller'])
  expect(await value('select holdfast.planted_caller()')).toBe(2)
  const renamed = widened.replaceAll('p_number', 'p_value').replace('2)', '3)')
  await migrate(planned(renamed))
  expect(await value('select holdfast.planted_caller()')).toBe(3)
  expect(await value("select count(*)::int from pg_proc where proname like 'planted%'")).toBe(2)
})

test('a function whose file is gone stays for older servers until the contraction, and others stay', async () => {
  const { ownerUrl, appPool } = database
  const grant = ';grant execute on function holdfast.planted() to holdfast_app;'
  const before = withFunctions({
    planted: planted('1'),
    planted_inner: planted('2').replace('planted', 'planted_inner'),
  })
  await migrate({ ownerUrl, files: { ...before, grants: `${before.grants}${grant}` } })
  const kept = ['functions/planted', 'functions/planted_inner']
  expect(await migrate({ ownerUrl })).toMatchObject({ functions: [], postponed: kept })
  expect(await migrationStatus(owner)).toEqual({ current: true, pending: [] })
  expect((await appPool.query('select holdfast.planted() as one')).rows).toEqual([{ one: 1 }])
  await expect(appPool.query('select holdfast.planted_inner()')).rejects.toThrow('permission denied')
  expect(await migrate({ ownerUrl, contracts: true })).toMatchObject({ postponed: [] })
  expect(await value("select to_regproc('holdfast.planted')")).toBe(null)
  expect(await value("select to_regproc('holdfast.clinic_no_of')")).not.toBe(null)
})

/** The engine's files as those of a release, with a migration that drops what releases before another one need. */
const dropping = (needs: string, release: string) => ({ ...withMigration(9000, 'select 1', needs), release })

test('what the release before uses is dropped by the contraction; then that one is refused', async () => {
  const { ownerUrl } = database
  const [older, newer] = [{ ...files, release: '0.3.9' }, dropping('0.4.0', '0.4.0')]
  await migrate({ ownerUrl, files: older })
  expect(await migrate({ ownerUrl, files: newer })).toMatchObject({ applied: [], postponed: ['9000-planted'] })
  // Both run on the schema, and the older one may be started again.
  expect(await migrate({ ownerUrl, files: older })).toMatchObject({ applied: [], postponed: [] })
  const contracted = await migrate({ ownerUrl, files: newer, contracts: true })
  expect(contracted).toMatchObject({ applied: ['9000-planted'], postponed: [] })
  await expect(migrate({ ownerUrl, files: older })).rejects.toMatchObject({
    kind: 'release_too_old',
    message:
      'The database has dropped what releases before 0.4.0 need (migration 9000-planted). This is 0.3.9: start ' +
      '0.4.0 or a later release.',
  })
  expect(await migrate({ ownerUrl, files: { ...files, release: '0.4.1' } })).toMatchObject({ applied: [] })
})

test('a server that runs is not ready any more once what it needs is dropped', async () => {
  await migrate({ ownerUrl: database.ownerUrl, files: dropping('99.0.0', '99.0.0'), contracts: true })
  expect(await migrationStatus(owner)).toEqual({ current: false, pending: ['9000-planted'] })
})

test('what a release of an earlier minor line used is dropped at once, also after later migrations', async () => {
  const { ownerUrl } = database
  const both = dropping('0.4.0', '0.4.2')
  const later = { version: 9001, name: '9001-later', text: 'select 1', checksum: '', needs: null }
  const all = { ...both, migrations: [...both.migrations, later] }
  expect(await migrate({ ownerUrl, files: all })).toMatchObject({
    applied: ['9001-later'],
    postponed: ['9000-planted'],
  })
  const next = await migrate({ ownerUrl, files: { ...all, release: '0.5.0' } })
  expect(next).toMatchObject({ applied: ['9000-planted'], postponed: [] })
})

test.each([
  ['a mistake', 'create function holdfast.planted() returns integer language plpgsql as $$ begin retrun 1; end $$'],
  ['an unknown table', planted('(select 1 from nowhere)')],
  ['another name', planted('1').replace('planted', 'another')],
])('with %s in one function, all are rejected with its name', async (_what, text) => {
  await migrate({ ownerUrl: database.ownerUrl, files: withFunctions({ planted: planted('1') }) })
  const broken = withFunctions({
    id_floor: `${files.functions.find((file) => file.name === 'id_floor')?.text} -- new`,
    planted: text,
  })
  await expect(migrate({ ownerUrl: database.ownerUrl, files: broken })).rejects.toThrow('planted')
  expect(await value('select holdfast.planted()')).toBe(1)
  expect(await value("select checksum not like '%new' from holdfast.function_file where name = 'id_floor'")).toBe(true)
})

test('the pending files are listed, also for the application role', async () => {
  expect(await migrationStatus(database.appPool)).toEqual({ current: true, pending: [] })
  await owner.query("update holdfast.function_file set checksum = 'another' where name = 'id_floor'")
  expect(await migrationStatus(database.appPool)).toEqual({ current: false, pending: ['functions/id_floor'] })
})

test('DDL gives up on a lock that others hold, and reports it; it succeeds when they release it', async () => {
  const altering = withMigration(9000, 'alter table holdfast.slot add column planted integer')
  const options = { ownerUrl: database.ownerUrl, files: altering, lockTimeoutMs: 30 }
  const held = await holdLock(owner, 'lock table holdfast.slot in access share mode')
  await expect(migrate(options)).rejects.toMatchObject({
    kind: 'locked',
    message: expect.stringContaining('9000-planted'),
  })
  const log: string[] = []
  const waiting = migrate({
    ...options,
    log(line) {
      log.push(line)
      if (line.startsWith('Waiting')) void held.release()
    },
  })
  expect((await waiting).applied).toEqual(['9000-planted'])
  expect(log).toContain('Waiting for a lock for 9000-planted (1 of 12).')
})

test('DDL that is cancelled by a deadlock with live traffic is tried again', async () => {
  const altering = ['slot', 'booking'].map((table) => `alter table holdfast.${table} add column planted integer`)
  const traffic = await owner.connect()
  await traffic.query('begin')
  // The session that checks for a deadlock first is the one that is cancelled.
  await traffic.query("set local deadlock_timeout = '20s'")
  await traffic.query('select from holdfast.booking for update')
  const log: string[] = []
  const migrating = migrate({
    ownerUrl: database.ownerUrl,
    files: withMigration(9000, altering.join(';')),
    lockTimeoutMs: 10_000,
    log: (line) => void log.push(line),
  })
  await untilLockWaiters({ ownerPool: owner }, 1)
  await traffic.query('select from holdfast.slot')
  await traffic.query('commit')
  traffic.release()
  expect((await migrating).applied).toEqual(['9000-planted'])
  expect(log).toContain('Waiting for a lock for 9000-planted (1 of 12).')
})

test('the application’s login is told which one owns the schema, and is not offered its privileges', async () => {
  const name = new URL(database.ownerUrl).pathname.slice(1)
  await owner.query(`create role ${name}_app login password 'app' in role holdfast_app`)
  try {
    const ownerUrl = changeDatabaseUrl(database.ownerUrl, { user: `${name}_app`, password: 'app' })
    const refused = await migrate({ ownerUrl }).catch((error: unknown) => error)
    const schemaOwner = await value(`select nspowner::regrole::text from pg_namespace where nspname = 'holdfast'`)
    expect(refused).toMatchObject({
      kind: 'privilege_missing',
      message: expect.stringContaining(`the login that owns the schema holdfast, "${schemaOwner}"; this one belongs`),
    })
    expect(refused).toMatchObject({ message: expect.not.stringContaining('ALTER SCHEMA') })
  } finally {
    await owner.query(`drop role ${name}_app`)
  }
})
