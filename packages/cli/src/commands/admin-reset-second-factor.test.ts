// Nightly: each account whose second factor is reset
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { createEmptyInstallation, type EmptyInstallation } from '../../test/empty-installation.ts'

let database: EmptyInstallation
let owner: EmptyInstallation['owner']
let env: Record<string, string>

beforeAll(async () => {
  database = await createEmptyInstallation()
  owner = database.owner
  env = { DATABASE_URL: database.ownerUrl, PORT: '0' }
  await runCaptured(['migrate'], env)
  await runCaptured(['admin', 'create', '--email', 'boss@example.org'], env)
})
afterAll(() => database.drop())

test('end-sessions ends those of one account or of all, says so, and is recorded', async () => {
  for (const email of ['one@example.org', 'two@example.org'])
    await runCaptured(['admin', 'create', '--email', email], env)
  const sessions = async () => {
    const { rows } = await owner.query<{ email: string }>(`select email from auth."user" u
        join auth.session s on s."userId" = u.id order by email`)
    return rows.map(({ email }) => email)
  }
  await owner.query(`insert into auth.session ("userId", token, "expiresAt", "createdAt", "updatedAt")
      select id, 'sha256:planted ' || email, now() + interval '1 day', now(), now()
        from auth."user" where email like '%o%@%'`)
  const before = await sessions()
  const end = (...args: string[]) => runCaptured(['admin', 'end-sessions', ...args], env)
  expect(await end('--email', 'ONE@example.org')).toMatchObject({
    code: 0,
    out: ['one@example.org is signed out everywhere.'],
  })
  expect(await sessions()).toEqual(before.filter((email) => email !== 'one@example.org'))
  const rest = before.length - 1
  expect((await end('--all')).out).toEqual([`Everybody is signed out. Accounts that had sessions: ${rest}.`])
  expect(await sessions()).toEqual([])
  for (const args of [[], ['--email', 'nobody@example.org']]) expect((await end(...args)).code).toBe(1)
  expect((await end('--all', '--email', 'one@example.org')).code).toBe(2)
  const { rows } = await owner.query(`select details from holdfast.audit_event where kind = 'sessions_ended'
      and actor_kind = 'command' order by at`)
  expect(rows).toEqual([{ details: ['all'] }, { details: ['all accounts'] }])
})

test('reset-second-factor removes the second factors of one account, ends its sessions, and says so', async () => {
  const { rows } = await owner.query<{ id: string }>(`select id from auth."user" where email = 'boss@example.org'`)
  const [id] = rows.map((row) => row.id)
  await owner.query(sql`insert into auth.totp ("userId", secret, "confirmedAt", "lastStep")
      values (${id}, 'x', now(), 0)`)
  await owner.query(`insert into auth."recoveryCode" ("userId", hash) values ($1, 'a'), ($1, 'b')`, [id])
  await owner.query(sql`insert into auth.session ("userId", token, "expiresAt", "createdAt", "updatedAt")
      values (${id}, 'sha256:planted', now() + interval '1 day', now(), now())`)
  const resetPassword = () => runCaptured(['admin', 'reset-password', '--email', 'boss@example.org'], env)
  expect((await resetPassword()).out.join()).toContain('The account keeps its second factors.')
  const passwordBefore = (await owner.query('select password from auth.account order by id')).rows
  const reset = (email: string, ...more: string[]) =>
    runCaptured(['admin', 'reset-second-factor', '--email', email, ...more], env)
  const { code, out } = await reset('BOSS@example.org')
  expect([code, ...out]).toEqual([
    0,
    'Removed from boss@example.org:',
    '  the authenticator app',
    '  recovery codes: 2',
    'All sessions of the account have ended. The password is unchanged, and signs in alone.',
  ])
  const left = await owner.query(sql`select from auth.totp union all select from auth."recoveryCode"
      union all select from auth.session where "userId" = ${id}`)
  expect(left.rowCount).toBe(0)
  expect((await owner.query('select password from auth.account order by id')).rows).toEqual(passwordBefore)
  expect((await reset('boss@example.org')).out[0]).toBe('boss@example.org had no second factor.')
  expect((await resetPassword()).out).toHaveLength(3)
  const unknown = await reset('nobody@example.org')
  expect([unknown.code, unknown.err.at(-1)]).toEqual([1, expect.stringContaining('there is no account')])
})
