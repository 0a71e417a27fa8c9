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

test('reset-second-factor removes the second factors of one account, ends its sessions, and says so', async () => {
  const { rows } = await owner.query<{ id: string }>(`select id from auth."user" where email = 'boss@example.org'`)
  const [id] = rows.map((row) => row.id)
  await owner.query(`insert into auth.totp ("userId", secret, "confirmedAt", "lastStep") values ($1, 'x', now(), 0)`, [
    id,
  ])
  await owner.query(`insert into auth."recoveryCode" ("userId", hash) values ($1, 'a'), ($1, 'b')`, [id])
  await owner.query(
    `insert into auth.session ("userId", token, "expiresAt", "createdAt", "updatedAt")
     values ($1, 'sha256:planted', now() + interval '1 day', now(), now())`,
    [id],
  )
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
  const left = await owner.query(
    `select from auth.totp union all select from auth."recoveryCode"
      union all select from auth.session where "userId" = $1`,
    [id],
  )
  expect(left.rowCount).toBe(0)
  expect((await owner.query('select password from auth.account order by id')).rows).toEqual(passwordBefore)
  expect((await reset('boss@example.org')).out[0]).toBe('boss@example.org had no second factor.')
  const unknown = await reset('nobody@example.org')
  expect([unknown.code, unknown.err.at(-1)]).toEqual([1, expect.stringContaining('there is no account')])
})
