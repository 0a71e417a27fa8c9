// Nightly: each way of setting up a database
import { randomBytes } from 'node:crypto'
import { changeDatabaseUrl, createPool, databaseOf, loginOf, storedAppLogin } from '@holdfast/engine'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { createEmptyInstallation, type EmptyInstallation } from '../../test/empty-installation.ts'
import { spawnServer } from '../../test/spawn-holdfast.ts'

const suffix = randomBytes(4).toString('hex')
// The names contain quotes, which must be quoted.
const database = `setup"d_${suffix}`
const owner = `setup'o_${suffix}`
const quotedDatabase = database.replace('"', '""')
let server: EmptyInstallation

beforeAll(async () => {
  server = await createEmptyInstallation()
})

afterAll(async () => {
  await server.owner.query(`drop database if exists "${quotedDatabase}" with (force)`)
  await server.owner.query(`drop role if exists "${quotedDatabase}_holdfast_app"`)
  await server.owner.query(`drop role if exists "${owner}"`)
  for (const name of ['managed', 'second', 'poor', 'pooler', 'reader'])
    await server.owner.query(`drop role if exists "${name}_${suffix}"`)
  await server.drop()
})

async function setup() {
  const args = ['setup-database', '--as', server.ownerUrl, '--database', database, '--owner', owner, '--json']
  const { code, out, err } = await runCaptured(args)
  expect({ code, err }).toEqual({ code: 0, err: [] })
  return JSON.parse(out[0] ?? '') as { done: number; databaseUrl: string }
}

async function storedUrlOf(url: string): Promise<string | null> {
  const pool = createPool({ url, max: 1, name: 'test' })
  const stored = await storedAppLogin(pool, url)
  await pool.end()
  return stored
}

test('an ordinary role with its database is created once, and Holdfast runs as it', async () => {
  const first = await setup()
  expect(first.done).toBeGreaterThanOrEqual(3)
  expect(await setup()).toMatchObject({ done: 0, databaseUrl: expect.stringContaining(':PASSWORD@') })

  const env = { DATABASE_URL: first.databaseUrl }
  const pool = createPool({ url: first.databaseUrl, max: 1, name: 'test' })
  const { rows } = await pool.query('select rolsuper, rolcreatedb from pg_roles where rolname = current_user')
  await pool.end()
  expect(rows).toEqual([{ rolsuper: false, rolcreatedb: false }])
  expect(await runCaptured(['migrate'], env)).toMatchObject({ code: 0 })
  const started = await spawnServer(env)
  expect((await fetch(`${started.url}/readyz`)).status).toBe(200)
  started.child.kill('SIGTERM')
  expect((await started.ended).code).toBe(0)
  const verified = await runCaptured(['verify'], env)
  expect(verified.code, verified.out.join('\n')).toBe(0)
  const doctor = JSON.parse((await runCaptured(['doctor', '--json'], env)).out[0] ?? '')
  expect(doctor.checks.filter(({ state }: { state: string }) => state === 'error')).toEqual([])
  const asServer = createPool({ url: (await storedUrlOf(first.databaseUrl)) ?? '', max: 1, name: 'test' })
  await expect(asServer.query('select lo_create(0)')).rejects.toThrow('permission denied')
  await asServer.end()
  // The login of the server is a member too, and changes nothing.
  expect((await setup()).done).toBe(0)
})

test('the login of another Holdfast connects neither to a new database nor, once migrated, to an old one', async () => {
  const another = await createEmptyInstallation()
  onTestFinished(() => another.drop())
  const env = { DATABASE_URL: (await setup()).databaseUrl.replace('PASSWORD', 'known') }
  await server.owner.query(`alter role "${owner}" password 'known'`)
  expect(await runCaptured(['migrate'], env)).toMatchObject({ code: 0 })
  // Another one, whose owner and login are members of holdfast_app.
  expect(await runCaptured(['migrate'], { DATABASE_URL: another.ownerUrl })).toMatchObject({ code: 0 })
  const other = (await storedUrlOf(another.ownerUrl)) ?? ''
  const connect = async (url: string, to: string) => {
    const pool = createPool({ url: changeDatabaseUrl(url, { database: to }), max: 1, name: 'test' })
    try {
      return (await pool.query('select from auth."user"')).rowCount
    } finally {
      await pool.end()
    }
  }
  const refused = { code: '42501', message: expect.stringContaining('permission denied for database') }
  await expect(connect(other, database)).rejects.toMatchObject(refused)
  expect(await connect(other, databaseOf(another.ownerUrl))).toBe(0)
  await expect(connect(env.DATABASE_URL, databaseOf(another.ownerUrl))).rejects.toMatchObject(refused)

  // A database of the previous release, with a pooler and a login for replicas.
  await server.owner.query(`grant connect on database "${quotedDatabase}" to public`)
  expect(await connect(other, database)).toBe(1)
  const rolesOf = async () => {
    const doctor = JSON.parse((await runCaptured(['doctor', '--json'], env)).out[0] ?? '')
    return doctor.checks.find(({ name }: { name: string }) => name === 'roles')
  }
  const otherLogin = loginOf(other)
  expect(await rolesOf()).toMatchObject({ state: 'warning', found: expect.stringContaining(otherLogin) })
  expect((await rolesOf()).fix).toContain('run `holdfast migrate`')
  await server.owner.query(`create role "pooler_${suffix}" login password 'known'`)
  await server.owner.query(`create role "reader_${suffix}" login password 'known' in role holdfast_app`)
  const owned = createPool({ url: env.DATABASE_URL, max: 1, name: 'test' })
  await owned.query(`create schema pooler; grant usage on schema pooler to "pooler_${suffix}"`)
  await owned.end()
  expect(await runCaptured(['migrate'], env)).toMatchObject({ code: 0 })
  await expect(connect(other, database)).rejects.toMatchObject(refused)
  const as = (user: string) => connect(changeDatabaseUrl(env.DATABASE_URL, { user: `${user}_${suffix}` }), database)
  expect(await as('reader')).toBe(1)
  await expect(as('pooler')).rejects.toMatchObject({ message: expect.stringContaining('permission denied for schema') })
  // Nobody says that this one belongs to the installation.
  const warned = await rolesOf()
  expect(warned).toMatchObject({ state: 'warning', found: expect.stringContaining(`reader_${suffix}`) })
  expect(warned.found).not.toContain(otherLogin)
  expect(warned.fix).toContain(`"reader_${suffix}"`)
  await server.owner.query(warned.fix.slice(warned.fix.indexOf('REVOKE')))
  expect(await rolesOf()).toMatchObject({ state: 'ok' })
})

test('a role with CREATEROLE and CREATEDB may do it: managed services have no superuser', async () => {
  const managed = `managed_${suffix}`
  const [ofIt, its] = [`managed_d_${suffix}`, `managed_o_${suffix}`]
  onTestFinished(async () => {
    await server.owner.query(`drop database if exists "${ofIt}" with (force)`)
    await server.owner.query(`drop owned by "${its}"; drop role "${its}"`)
  })
  await server.owner.query(`create role "${managed}" login createrole createdb password 'managed'`)
  // Another database of the server has created it; this role may not grant it.
  await server.owner.query(`grant holdfast_app to "${managed}" with admin option`)
  const run = (user: string, ...more: string[]) => {
    const as = changeDatabaseUrl(server.ownerUrl, { user, password: 'managed' })
    return runCaptured(['setup-database', '--as', as, '--database', ofIt, '--owner', its, ...more])
  }
  const { code, out, err } = await run(managed, '--json')
  expect({ code, err }).toEqual({ code: 0, err: [] })
  const { databaseUrl, leftOut } = JSON.parse(out[0] ?? '') as { databaseUrl: string; leftOut: string[] }
  expect(leftOut).toEqual([expect.stringContaining('lo_create')])
  const again = await run(managed)
  expect({ code: again.code, err: again.err }).toEqual({ code: 0, err: [] })
  expect(again.out.slice(0, 2)).toEqual([
    'Everything is there: nothing to do.',
    expect.stringMatching(/^Left out, because only a superuser can do it: REVOKE EXECUTE ON FUNCTION .*lo_create/),
  ])
  // Another administrator, who may become neither role and not connect to the database.
  await server.owner.query(`create role "second_${suffix}" login createrole createdb password 'managed'`)
  const bySecond = await run(`second_${suffix}`, '--json')
  expect(bySecond).toMatchObject({ code: 0, err: [] })
  expect(JSON.parse(bySecond.out[0] ?? '')).toMatchObject({
    done: 0,
    leftOut: [],
    unknown: [expect.stringContaining('lo_create')],
  })
  // A superuser does what was left out.
  const bySuperuser = await runCaptured([
    ...['setup-database', '--as', server.ownerUrl, '--database', ofIt, '--owner', its, '--json'],
  ])
  expect(JSON.parse(bySuperuser.out[0] ?? '')).toMatchObject({ done: 1, leftOut: [], unknown: [] })
  expect(await runCaptured(['migrate'], { DATABASE_URL: databaseUrl })).toMatchObject({ code: 0 })
})

test('without --as, the same is printed for psql', async () => {
  const { code, out } = await runCaptured(['setup-database', '--database', 'a"b', '--owner', "o'x"])
  expect(code).toBe(0)
  expect(out.at(-1)).toMatch(/^-- DATABASE_URL=postgres:\/\/o'x:[\w-]{32}@HOST:5432\/a%22b$/)
  expect(out.filter((line) => line.endsWith('\\gexec'))).toHaveLength(10)
  expect(out.join('\n')).toContain(`CREATE DATABASE "a""b" OWNER "o''x" ENCODING ''UTF8'' TEMPLATE template0`)
  expect(out.join('\n')).toContain('SCRAM-SHA-256$')
})

test('a role that lacks privileges is told what to run, by migrate and by doctor', async () => {
  const poor = `poor_${suffix}`
  await server.owner.query(`create role "${poor}" login password 'poor'`)
  const env = { DATABASE_URL: changeDatabaseUrl(server.ownerUrl, { user: poor, password: 'poor' }) }
  const migrated = await runCaptured(['migrate'], env)
  expect(migrated.code).toBe(1)
  expect(migrated.err.join()).toContain('`holdfast setup-database` prints all of it')
  const doctor = JSON.parse((await runCaptured(['doctor', '--json'], env)).out[0] ?? '')
  expect(doctor.checks).toContainEqual({
    name: 'owner',
    state: 'error',
    found: expect.stringMatching(
      `^${poor}, the login of DATABASE_URL, may not create schemas in the database or create the login of the server$`,
    ),
    fix: expect.stringContaining('holdfast setup-database'),
  })
  const refused = await runCaptured(['setup-database', '--as', env.DATABASE_URL, '--owner', `${poor}_2`])
  expect(refused.code).toBe(1)
  expect(refused.err.join()).toMatch(/may not do this.*use a superuser/)
})
