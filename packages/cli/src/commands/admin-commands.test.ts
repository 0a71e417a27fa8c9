// Rest: each case of a command
import { randomUUID } from 'node:crypto'
import { openAccounts } from '@holdfast/server/accounts'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { createEmptyInstallation, type EmptyInstallation } from '../../test/empty-installation.ts'

// One database: each test continues where the one before it ended.
let database: EmptyInstallation
let owner: EmptyInstallation['owner']
let env: Record<string, string>

beforeAll(async () => {
  database = await createEmptyInstallation()
  owner = database.owner
  env = { DATABASE_URL: database.ownerUrl, PORT: '0' }
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
})

afterAll(() => database.drop())

test('admin create makes a site administrator and prints a generated password once', async () => {
  const { code, out } = await runCaptured(['admin', 'create', '--email', 'Boss@Example.org'], env)
  expect(code).toBe(0)
  expect(out[0]).toBe('Administrator: boss@example.org')
  expect(out[1]).toMatch(/^Password: [\w-]{24}$/)
  const { rows } = await owner.query('select from holdfast.site_administrator')
  expect(rows).toHaveLength(1)
  const password = out[1]?.slice('Password: '.length) ?? ''
  expect(await passwordIsRight('boss@example.org', password)).toBe(true)
  expect(await passwordIsRight('boss@example.org', `${password}x`)).toBe(false)
})

test('that fails in between creates nothing, and can be repeated', async () => {
  await owner.query(`
    create function public.fail() returns trigger language plpgsql as $$ begin raise 'crash'; end $$;
    create trigger crash after insert on holdfast.audit_event for each row execute function public.fail()`)
  const create = () => runCaptured(['admin', 'create', '--email', 'again@example.org'], env)
  expect((await create()).code).not.toBe(0)
  expect((await owner.query(`select from auth."user" where email = 'again@example.org'`)).rows).toEqual([])
  await owner.query('drop function public.fail cascade')
  expect((await create()).code).toBe(0)
})

test('refuses an address that somebody has signed up with', async () => {
  await owner.query('delete from holdfast.site_administrator')
  const { rows } = await owner.query<{ id: string }>(`select id from auth."user" where email = 'boss@example.org'`)
  for (const more of [[], ['--password-stdin']]) {
    const args = ['admin', 'create', '--email', 'boss@example.org', ...more]
    const { code, err } = await runCaptured(args, env, { stdin: 'another long password\n' })
    expect(code).toBe(1)
    expect(err.at(-1)).toMatch(/has an account already.*stranger.*--promote ID/)
    expect(err.at(-1)).not.toContain(rows[0]?.id)
  }
  expect(await passwordIsRight('boss@example.org', 'another long password')).toBe(false)
  expect((await owner.query('select from holdfast.site_administrator')).rows).toEqual([])
})

test('promotes the account whose id and address are both given, and keeps its password', async () => {
  const { rows } = await owner.query<{ id: string }>(`select id from auth."user" where email = 'boss@example.org'`)
  const accountId = rows[0]?.id ?? ''
  const promote = (email: string, id: string, ...more: string[]) =>
    runCaptured(['admin', 'create', '--email', email, '--promote', id, ...more], env)
  for (const [email, id] of [
    ['boss@example.org', randomUUID()],
    ['nobody@example.org', accountId],
  ] as const) {
    expect((await promote(email, id)).err.at(-1)).toContain('is not the id of an account with')
  }
  expect((await promote('boss@example.org', accountId, '--password-stdin')).code).toBe(2)
  expect((await owner.query('select from holdfast.site_administrator')).rows).toEqual([])
  expect((await promote('boss@example.org', accountId)).out).toEqual([
    'boss@example.org is now a site administrator. The password is unchanged.',
  ])
  const administrators = await owner.query<{ id: string }>('select account_id as id from holdfast.site_administrator')
  expect(administrators.rows).toEqual([{ id: accountId }])
})

test('refuses a password that is too short', async () => {
  const args = ['admin', 'create', '--email', 'new@example.org', '--password-stdin']
  const { code, err } = await runCaptured(args, env, { stdin: 'short\n' })
  expect(code).toBe(1)
  expect(err.at(-1)).toMatch(/password must have \d+ to \d+ characters/)
  const { rows } = await owner.query(`select from auth."user" where email = 'new@example.org'`)
  expect(rows).toHaveLength(0)
})

test('reset-password prints a link for an account, makes its password invalid, and grants nothing', async () => {
  const passwords = async () => {
    const { rows } = await owner.query<{ email: string; has: boolean }>(`select email, password is not null as has
        from auth.account a join auth."user" u on u.id = a."userId"`)
    return Object.fromEntries(rows.map(({ email, has }) => [email, has]))
  }
  const administrators = () => owner.query('select account_id from holdfast.site_administrator order by 1')
  const before = (await administrators()).rows
  const passwordsBefore = await passwords()
  expect(passwordsBefore['boss@example.org']).toBe(true)
  const reset = (email: string) => runCaptured(['admin', 'reset-password', '--email', email], env)
  const { code, out } = await reset('BOSS@example.org')
  expect(code).toBe(0)
  expect(out[0]).toMatch(/^Pass this link on to boss@example.org\. It works once, until 20/)
  expect(out[1]).toMatch(/^http:\/\/\S+\/reset-password#[\w-]{32}$/)
  // The command cannot know the server's port.
  expect(out).toContainEqual(
    expect.stringMatching(/^HOLDFAST_URL is not set\. If the site has another address or port/),
  )
  expect(await passwords()).toEqual({ ...passwordsBefore, 'boss@example.org': false })
  expect((await administrators()).rows).toEqual(before)
  const unknown = await reset('nobody@example.org')
  expect([unknown.code, unknown.err.at(-1)]).toEqual([1, expect.stringContaining('there is no account')])
})

test('only a generated password has to be changed', async () => {
  const mustChange = async (email: string) => {
    const { rows } = await owner.query<{ must: boolean }>(sql`select "mustChangePassword" as must from auth."user"
        where email = ${email}`)
    return rows[0]?.must
  }
  await runCaptured(['admin', 'create', '--email', 'generated@example.org'], env)
  const args = ['admin', 'create', '--email', 'chosen@example.org', '--password-stdin']
  await runCaptured(args, env, { stdin: 'a password that I chose\n' })
  expect([await mustChange('generated@example.org'), await mustChange('chosen@example.org')]).toEqual([true, false])
})

async function passwordIsRight(email: string, password: string): Promise<boolean> {
  const { createLogger } = await import('@holdfast/server/logger')
  const { readConfig } = await import('@holdfast/server/config')
  const config = readConfig(env)
  if (config.kind !== 'ok') throw new Error('the settings are right')
  const given = { appUrl: database.ownerUrl, secrets: ['x'.repeat(40)] }
  const { passwords, close } = await openAccounts(config.config, given, createLogger('silent'))
  const { rows } = await owner.query<{ password: string }>(sql`select a.password from auth.account a
      join auth."user" u on u.id = a."userId" where u.email = ${email}`)
  try {
    return await passwords.verify({ hash: rows[0]?.password ?? '', password })
  } finally {
    await close()
  }
}
