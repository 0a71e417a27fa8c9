import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changeDatabaseUrl, createPool } from '@holdfast/engine'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { createEmptyInstallation, type EmptyInstallation } from '../../test/empty-installation.ts'

// What a real cluster of Citus does is in `npm run drill -- citus`.
let database: EmptyInstallation

beforeAll(async () => {
  database = await createEmptyInstallation()
})

afterAll(() => database.drop())

async function run(...args: string[]) {
  const { code, out, err } = await runCaptured(args, { DATABASE_URL: database.ownerUrl, PORT: '0' })
  return { code, text: [...out, ...err].join('\n') }
}

/** As `holdfast migrate --citus` leaves it when it is interrupted. */
async function distribute() {
  await run('migrate')
  await database.owner.query('create table if not exists holdfast.shard_trigger (relation text, name text)')
}

test('a database without Citus is refused before anything is changed', async () => {
  expect(await run('migrate', '--citus')).toEqual({
    code: 1,
    text: 'error: the database has no Citus: run "create extension citus" in it on each node',
  })
  const { rowCount } = await database.owner.query(`select from pg_namespace where nspname = 'holdfast'`)
  expect(rowCount).toBe(0)
})

test('the embedded database is refused', async () => {
  const { code, err } = await runCaptured(['migrate', '--citus'], { HOLDFAST_DATA: '/nonexistent' })
  expect({ code, text: err.join('\n') }).toMatchObject({ code: 1, text: expect.stringMatching(/set DATABASE_URL/) })
})

test('it is refused while Holdfast is running on the database', async () => {
  await run('migrate')
  const { rows } = await database.owner.query(`select current_database() || '_holdfast_app' as login`)
  await database.owner.query(`alter role "${rows[0].login}" password 'app'`)
  const url = changeDatabaseUrl(database.ownerUrl, { user: rows[0].login, password: 'app' })
  const server = createPool({ url, max: 1, name: 'test server' })
  onTestFinished(() => server.end())
  await server.query('select 1')
  expect(await run('migrate', '--citus')).toMatchObject({
    code: 1,
    text: expect.stringMatching(/Holdfast is running on this database/),
  })
})

test('a loss is accepted for a shard of Citus alone', async () => {
  expect(await run('migrate', '--accept-loss', 'holdfast_102008')).toEqual({
    code: 1,
    text: 'error: --accept-loss is for a shard of Citus: add --citus',
  })
})

test.each([
  ['migrate', /run it with --citus/],
  ['archive --list', /the file of a month has the rows of all clinics/],
  ['archive restore no-file', /the file of a month has the rows of all clinics/],
  ['renumber-log', /each shard numbers its log by itself/],
  ['backup --to /nonexistent', /a backup would copy the coordinator alone.*pgBackRest/],
  ['move-database --to postgres://nobody@127.0.0.1:1/none', /its rows are on several servers/],
])('%s refuses a database that is distributed, and says why', async (command, reason) => {
  await distribute()
  const { code, text } = await run(...command.split(' '))
  expect(text).toMatch(reason)
  expect(text).toMatch(/the database is distributed over Citus: .*Nothing was changed$/)
  expect(code).toBe(1)
})

test('import refuses a database that is distributed, and says why', async () => {
  await distribute()
  const directory = await mkdtemp(join(tmpdir(), 'hf-import-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'clinics.json')
  await writeFile(file, JSON.stringify({ clinics: [{ clinic: 'R', name: 'Riverside', timezone: 'Europe/Berlin' }] }))
  expect(await run('import', file)).toMatchObject({
    code: 1,
    text: expect.stringMatching(/distributed over Citus: an import is one transaction.*Nothing was changed$/),
  })
})

test.each(['start', 'worker', 'verify'])('%s says that a distribution was interrupted', async (command) => {
  await distribute()
  // The server and the worker print the reason themselves.
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => printed.mockRestore())
  const { code, text } = await run(command)
  expect([text, ...printed.mock.calls.flat()].join('\n')).toMatch(/not finished. Repeat "holdfast migrate --citus"/)
  expect(code).toBe(1)
})

test('doctor says that a distribution was interrupted, and not that the database is broken', async () => {
  await distribute()
  const { text } = await run('doctor')
  expect(text).toMatch(/citus: the distribution is not finished\n.*run `holdfast migrate --citus` again/)
  expect(text).toContain('migrations: current')
  expect(text).not.toContain('cannot be reached')
})

test('settings that are not for a distributed database are refused before anything is changed', async () => {
  await distribute()
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => printed.mockRestore())
  const env = { DATABASE_URL: database.ownerUrl, PORT: '0' }
  const replicas = await runCaptured(['worker'], { ...env, DATABASE_REPLICA_URLS: 'postgres://replica.example/x' })
  const pooler = await runCaptured(['worker'], { ...env, DATABASE_POOL: 'session' })
  expect([replicas.code, pooler.code]).toEqual([1, 1])
  const reasons = printed.mock.calls.flat().join()
  expect(reasons).toMatch(/DATABASE_REPLICA_URLS is not for a database that is distributed/)
  expect(reasons).toMatch(/A connection pooler is not for a database that is distributed.*Remove DATABASE_POOL/)
})
