// Rest: each event of an account
import { Secret, TOTP } from 'otpauth'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { administrator, call, type RunningServer, runningServer, signIn, signUp } from '../../../test/running-server.ts'
import { networkRowsMax } from '../../audit/stranger-limits.ts'

let server: RunningServer
let admin: string

beforeAll(async () => {
  server = await runningServer({ HOLDFAST_RATE_LIMIT: 'on' })
  admin = await signIn(server.url)
})
afterAll(() => server.end())

const post = (path: string, body: unknown, bearer?: string) =>
  call(`${server.url}/api/auth${path}`, { method: 'POST', body, ...(bearer === undefined ? {} : { bearer }) })

type Row = { kind: string; actor: string | null; subject: string | null; details: string[]; network: string | null }

/** What the log has of an account, in the order in which it was written. */
async function rowsOf(accountId: string): Promise<Row[]> {
  const { rows } = await server.database.ownerPool.query<Row>(
    `select kind, actor_id as actor, subject_id as subject, details, network::text
       from holdfast.audit_event where actor_id = $1 or subject_id = $1 order by seq`,
    [accountId],
  )
  return rows
}

test('what happens to an account is in the log after a clean stop, without a password or an address', async () => {
  const password = 'a password of ten'
  const { id, token } = await signUp(server.url, 'ada@example.org', password)
  await post('/sign-in/email', { email: 'ADA@example.org', password: 'wrong password' })
  await call(`${server.url}/api/auth/token`, { bearer: token })
  await post('/change-password', { currentPassword: 'wrong password', newPassword: 'another fine password' }, token)
  await post('/change-password', { currentPassword: password, newPassword: 'another fine password' }, token)
  await post('/revoke-other-sessions', {}, token)
  await post('/sign-out', {}, token)
  const other = await signUp(server.url, 'grace@example.org', password)
  await addSecondFactor(other.token, { email: 'grace@example.org', password })
  await post('/sign-in/email', { email: 'nobody@example.org', password })
  await call(`${server.url}/api/v1/audit-events`, { bearer: admin })
  const denied = await call(`${server.url}/api/v1/audit-events`, { bearer: await signInAs('ada@example.org') })
  expect(denied.status).toBe(403)
  // The stop writes repetitions, after this.
  await expect.poll(async () => (await rowsOf(id)).at(-1)?.kind).toBe('denied')
  await server.stop()
  const rows = await rowsOf(id)
  const network = '127.0.0.0/24'
  const own = { actor: id, subject: null, details: [], network }
  expect(rows).toEqual([
    { ...own, kind: 'sign_up', actor: null, subject: id },
    { ...own, kind: 'sign_in' },
    { ...own, kind: 'sign_in_failed', actor: null, subject: id },
    { ...own, kind: 'token_issued' },
    { ...own, kind: 'password_change_failed' },
    { ...own, kind: 'password_changed' },
    { ...own, kind: 'sessions_ended', details: ['others'] },
    { ...own, kind: 'sign_out' },
    { ...own, kind: 'denied', details: ['listAuditEvents'] },
    // The second sign-in within a minute: a repetition, which the stop has written.
    { ...own, kind: 'sign_in' },
  ])
  const hers = { ...own, actor: other.id }
  expect(await rowsOf(other.id)).toEqual([
    { ...hers, kind: 'sign_up', actor: null, subject: other.id },
    { ...hers, kind: 'sign_in' },
    { ...hers, kind: 'second_factor_failed', details: ['app added'] },
    { ...hers, kind: 'second_factor_changed', details: ['app added'] },
    // The password alone is no sign-in.
    { ...hers, kind: 'second_factor_asked', actor: null, subject: other.id },
    { ...hers, kind: 'second_factor_failed', actor: null, subject: other.id, details: ['code'] },
    { ...hers, kind: 'sign_in', details: ['code'] },
  ])
  const { rows: all } = await server.database.ownerPool.query<{ text: string }>(`
    select to_jsonb(a)::text as text from holdfast.audit_event a`)
  const text = all.map((row) => row.text).join()
  expect(text).toMatch(/site_administrator_granted/)
  expect(text).not.toMatch(/@|password of|127\.0\.0\.1/)
})

/** Sets up an authenticator app, and signs in with it; each with a wrong code first. */
async function addSecondFactor(token: string, account: { email: string; password: string }): Promise<void> {
  const begun = await post('/totp/begin', { password: account.password }, token)
  await post('/totp/confirm', { code: '000000' }, token)
  const code = new TOTP({ secret: Secret.fromBase32(String(begun.body.secret)) }).generate()
  const { recoveryCodes } = (await post('/totp/confirm', { code }, token)).body as { recoveryCodes: string[] }
  const { secondStep } = (await post('/sign-in/email', account)).body as { secondStep: { challenge: string } }
  const { challenge } = secondStep
  await post('/sign-in/code', { challenge, code: '000000' })
  await post('/sign-in/code', { challenge, code: recoveryCodes[0] })
}

const signInAs = (email: string) => signIn(server.url, { email, password: 'another fine password' })

test('an address that is not valid delays no event and loses none', async () => {
  const limited = await runningServer({ HOLDFAST_RATE_LIMIT: 'on' })
  onTestFinished(() => limited.end())
  const body = { email: 'a\u0000b@example.org', password: 'wrong password' }
  let status = 0
  for (let tries = 0; status !== 429 && tries < 1_000; tries += 1) {
    ;({ status } = await call(`${limited.url}/api/auth/sign-in/email`, { method: 'POST', body }))
  }
  expect(status).toBe(429)
  await limited.stop()
  const { rows } = await limited.database.ownerPool.query(`select kind, subject_id, details from holdfast.audit_event
      where kind = 'sign_in_delayed'`)
  expect(rows).toEqual([{ kind: 'sign_in_delayed', subject_id: null, details: [] }])
})

test('a flood of made-up addresses hides no wrong password for an account with a role', async () => {
  const open = await runningServer()
  onTestFinished(() => open.end())
  const signInWrongly = (email: string) =>
    call(`${open.url}/api/auth/sign-in/email`, { method: 'POST', body: { email, password: 'wrong password' } })
  const addresses = Array.from({ length: networkRowsMax + 4 }, (_, index) => `nobody${index}@example.org`)
  while (addresses.length > 0) {
    for (const { status } of await Promise.all(addresses.splice(0, 4).map(signInWrongly))) expect(status).toBe(401)
  }
  await signInWrongly(administrator.email)
  await open.stop()
  const { rows } = await open.database.ownerPool.query(sql`
    select a.count from holdfast.audit_event a join auth."user" u on u.id = a.subject_id
     where a.kind = 'sign_in_failed' and u.email = ${administrator.email}`)
  expect(rows).toEqual([{ count: 1 }])
  const { rows: merged } = await open.database.ownerPool.query(`select sum(count)::int as sum from holdfast.audit_event
      where details = '{merged}'`)
  expect(merged).toEqual([{ sum: 4 }])
})

test('the administrator of the first start is recorded', async () => {
  const { rows } = await server.database.ownerPool.query(`
    select a.actor_kind, u.email from holdfast.audit_event a join auth."user" u on u.id = a.subject_id
     where a.kind = 'site_administrator_granted'`)
  expect(rows).toEqual([{ actor_kind: 'system', email: administrator.email }])
})
