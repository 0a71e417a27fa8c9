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

test('a database without Citus is refused before anything is changed', async () => {
  expect(await run('migrate', '--citus', '--without-servers')).toEqual({
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

test('--without-servers alone is wrong usage', async () => {
  expect(await run('migrate', '--without-servers')).toMatchObject({ code: 2, text: expect.stringMatching(/--citus/) })
})

test('it is refused while Holdfast is running on the database', async () => {
  await run('migrate')
  const { rows } = await database.owner.query(`select current_database() || '_holdfast_app' as login`)
  await database.owner.query(`alter role "${rows[0].login}" password 'app'`)
  const url = changeDatabaseUrl(database.ownerUrl, { user: rows[0].login, password: 'app' })
  const server = createPool({ url, max: 1, name: 'test server' })
  onTestFinished(() => server.end())
  await server.query('select 1')
  expect(await run('migrate', '--citus', '--without-servers')).toMatchObject({
    code: 1,
    text: expect.stringMatching(/Holdfast is running on this database/),
  })
})

test.each(['start', 'worker', 'migrate', 'verify', 'archive --list', 'renumber-log', 'doctor'])(
  '%s refuses a database that is distributed',
  async (command) => {
    await run('migrate')
    await database.owner.query('create table if not exists holdfast.shard_trigger ()')
    // The server and the worker print the reason themselves.
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => printed.mockRestore())
    const { code, text } = await run(...command.split(' '))
    expect([text, ...printed.mock.calls.flat()].join('\n')).toMatch(
      /distributed over the nodes of Citus.*point DATABASE_URL at another/,
    )
    expect(code).toBe(1)
  },
)
