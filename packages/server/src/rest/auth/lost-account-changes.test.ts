// Rest: each change of an account, with its response lost
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { openTestAccounts } from '../../../test/open-test-accounts.ts'
import { anAuthenticator } from '../../../test/passkey-responses.ts'
import { call, type RunningServer, runningServer, serverOn, signUp } from '../../../test/running-server.ts'
import {
  aPersonWithApp,
  challengeOf,
  codeOf,
  accountPassword as password,
  post,
} from '../../../test/second-factor-steps.ts'
import type { OpenAccounts } from '../../accounts/open-accounts.ts'

const newPassword = 'entirely new words 7'
const nothingWritten = /Nothing was written: repeat the request\.$/

let server: RunningServer
let origin: string

beforeAll(async () => {
  server = await runningServer()
  origin = `http://localhost:${new URL(server.url).port}`
  await query(`
    create function public.cancelled() returns trigger language plpgsql as
      $$ begin raise 'canceling statement due to statement timeout' using errcode = '57014'; end $$;
    create function public.cut_off() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`)
})
afterAll(() => server.end())

const query = (text: string, values: unknown[] = []) => server.database.ownerPool.query(text, values)

/** Runs a request while this statement fails, as one that takes too long. */
async function whileCancelled<Result>(statement: string, work: () => Promise<Result>): Promise<Result> {
  const table = statement.split(' on ')[1]
  await query(`create trigger planted before ${statement} for each statement execute function public.cancelled()`)
  try {
    return await work()
  } finally {
    await query(`drop trigger planted on ${table}`)
  }
}

/** What the log has of an account, once it has as much. */
async function expectLogged(accountId: string, kind: string, details: string[][]): Promise<void> {
  const logged = async () => {
    const { rows } = await query(
      `select details from holdfast.audit_event
        where kind = $2 and (actor_id = $1 or subject_id = $1) order by at, seq`,
      [accountId, kind],
    )
    return rows.map((row) => row.details)
  }
  await expect.poll(logged).toEqual(details)
}

async function signInWith(email: string, tried: string): Promise<number> {
  return (await post(server.url, 'sign-in/email', { email, password: tried })).status
}

const sessionOf = async (bearer: string) =>
  (await call(`${server.url}/api/auth/get-session`, { bearer })).body.session !== undefined

/** What a request of a link would do, without the mail. */
async function withAccounts<Result>(work: (accounts: OpenAccounts['accounts']) => Promise<Result>): Promise<Result> {
  const { accounts, close } = await openTestAccounts(server.database)
  try {
    return await work(accounts)
  } finally {
    await close()
  }
}

/** The token of a link to choose a new password. */
async function aResetLink(email: string): Promise<string> {
  const link = await withAccounts((accounts) => accounts.createMailedPasswordReset(email, async () => undefined))
  return link?.token ?? ''
}

/** The token of a link that confirms the address of an account, or changes it to another. */
async function anEmailLink(accountId: string, newEmail: string | null): Promise<string> {
  const request = { newEmail, language: 'en', sessionId: null, network: null } as const
  const link = await withAccounts((accounts) => accounts.createEmailLink(accountId, request, async () => undefined))
  return link.kind === 'created' ? link.token : ''
}

/** The token of a link that takes back a change of the address. */
async function anUndoLink(accountId: string): Promise<string> {
  await query('update auth."user" set "emailVerified" = true where id = $1', [accountId])
  const token = await anEmailLink(accountId, 'former@example.org')
  const { rows } = await query('select id::text from auth.session where "userId" = $1', [accountId])
  const caller = { accountId, sessionId: rows[0]?.id }
  const use = await withAccounts((accounts) => accounts.useEmailLink(caller, token, async () => undefined))
  return use.kind === 'changed' && use.undo.kind === 'link' ? use.undo.token : ''
}

/** Runs a request while the connection ends with the commit of this statement. */
async function whileCutOff<Result>(statement: string, work: () => Promise<Result>): Promise<Result> {
  const table = statement.split(' on ')[1]
  await query(`create constraint trigger planted after ${statement} initially deferred
    for each row execute function public.cut_off()`)
  try {
    return await work()
  } finally {
    await query(`drop trigger planted on ${table}`)
  }
}

/** Somebody with an app that is begun, and another session. */
async function aBeginner(email: string) {
  const { id, token } = await signUp(server.url, email)
  const other = String((await post(server.url, 'sign-in/email', { email, password })).body.token)
  const { secret } = (await post(server.url, 'totp/begin', { password }, token)).body
  const code = codeOf(String(secret))
  return { id, token, code, other, confirm: () => post(server.url, 'totp/confirm', { code }, token) }
}

test.for(['insert on auth."recoveryCode"', 'update of "secondFactorAt" on auth.session', 'delete on auth.session'])(
  'an app whose %s fails is not set up, and the same code sets it up then',
  async (statement) => {
    const { id, other, confirm } = await aBeginner(`app-${statement.replaceAll(/\W+/g, '-')}@example.org`)
    const failed = await whileCancelled(statement, confirm)
    expect(failed).toMatchObject({ status: 503, body: { detail: expect.stringMatching(nothingWritten) } })
    const { rows } = await query('select "confirmedAt" from auth.totp where "userId" = $1', [id])
    expect(rows).toEqual([{ confirmedAt: null }])
    expect(await sessionOf(other)).toBe(true)

    expect(await confirm()).toMatchObject({ status: 200, body: { recoveryCodes: { length: 10 } } })
    expect(await sessionOf(other)).toBe(false)
    await expectLogged(id, 'second_factor_changed', [['app added']])
  },
)

/** Somebody whose browser has created a passkey, and sends it again and again. */
async function aCreator(email: string) {
  const { id, token } = await signUp(server.url, email)
  const authenticator = anAuthenticator({ origin, rpId: 'localhost' })
  const { body } = await post(server.url, 'passkeys/options', { password }, token, { origin })
  const response = authenticator.created(String(body.challenge))
  const add = () => post(server.url, 'passkeys', { name: 'Key', response }, token, { origin })
  return { id, token, authenticator, add }
}

test.for([
  { how: whileCancelled, statement: 'update of "secondFactorAt" on auth.session', says: nothingWritten },
  { how: whileCutOff, statement: 'insert on auth.passkey', says: /unknown\. Look at the passkeys of the account / },
])('a passkey whose $statement is lost is not added, and the same response adds it then', async (lost) => {
  const { id, token, add } = await aCreator(`passkey-${lost.how.name}@example.org`.toLowerCase())
  const failed = await lost.how(lost.statement, add)
  expect(failed).toMatchObject({ status: 503, body: { detail: expect.stringMatching(lost.says) } })
  expect((await query('select from auth.passkey where "userId" = $1', [id])).rowCount).toBe(0)
  expect((await add()).status).toBe(200)
  expect((await call(`${server.url}/api/auth/second-factors`, { bearer: token })).body.isShown).toBe(true)
  expect((await add()).body.code).toBe('passkey_refused')
})

test.for([
  { how: whileCancelled, statement: 'insert on auth.session', says: nothingWritten },
  { how: whileCutOff, statement: 'insert on auth.session', says: /the outcome is unknown\. Sign in again\.$/ },
])('a sign-in by passkey whose session is lost ($says): the same response signs in then', async (lost) => {
  const { id, authenticator, add } = await aCreator(`passkey-sign-in-${lost.how.name}@example.org`.toLowerCase())
  await add()
  const { body } = await post(server.url, 'sign-in/passkey-options', {}, undefined, { origin })
  const response = authenticator.signed(String(body.challenge))
  const signIn = () => post(server.url, 'sign-in/passkey', { response }, undefined, { origin })
  const failed = await lost.how(lost.statement, signIn)
  expect(failed).toMatchObject({ status: 503, body: { detail: expect.stringMatching(lost.says) } })
  const signedIn = await signIn()
  expect(signedIn.status).toBe(200)
  const cookie = (signedIn.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  const { body: factors } = await call(`${server.url}/api/auth/second-factors`, { headers: { cookie } })
  expect(factors.isShown).toBe(true)
  expect((await signIn()).body.code).toBe('passkey_refused')
  const isUnknown = lost.how === whileCutOff
  await expectLogged(id, 'sign_in', [[], ...(isUnknown ? [['passkey', 'outcome unknown']] : []), ['passkey']])
})

test.for([
  { what: 'password is not replaced', statement: 'update on auth.account' },
  { what: 'pending sign-ins are not voided', statement: 'delete on auth.verification' },
  { what: 'new session is not started', statement: 'insert on auth.session' },
  { what: 'other sessions do not end', statement: 'delete on auth.session' },
])('a change of the password whose $what is not made, and the same request makes it then', async (lost) => {
  const { statement } = lost
  const email = `change-${statement.replaceAll(/\W+/g, '-')}@example.org`
  const { id, token } = await signUp(server.url, email)
  const change = () =>
    post(server.url, 'change-password', { currentPassword: password, newPassword, revokeOtherSessions: true }, token)
  const failed = await whileCancelled(statement, change)
  expect(failed).toMatchObject({ status: 503, body: { detail: expect.stringMatching(nothingWritten) } })
  expect([await signInWith(email, newPassword), await signInWith(email, password)]).toEqual([401, 200])
  expect((await change()).status).toBe(200)
  await expectLogged(id, 'password_changed', [[]])
})

test('of a change of the password whose commit is cut off, the outcome is unknown', async () => {
  const email = 'change-cut-off@example.org'
  const { id, token } = await signUp(server.url, email)
  const change = () => post(server.url, 'change-password', { currentPassword: password, newPassword }, token)
  const failed = await whileCutOff('update on auth.account', change)
  expect(failed.status).toBe(503)
  expect(failed.body.detail).toMatch(/the outcome is unknown\. Sign in with the new password; if it is refused, /)
  await expectLogged(id, 'password_changed', [['outcome unknown']])
})

test('of an account that cannot be stored, nothing is written, and the library prints no error', async () => {
  const printed = vi.spyOn(console, 'error')
  onTestFinished(() => printed.mockRestore())
  for (const table of ['"user"', 'account']) {
    const email = `not-stored-${table.length}@example.org`
    const send = () => post(server.url, 'sign-up/email', { name: 'Ada', email, password })
    const failed = await whileCancelled(`insert on auth.${table}`, send)
    expect(failed).toMatchObject({ status: 503, body: { detail: expect.stringMatching(nothingWritten) } })
    expect((await query('select from auth."user" where email = $1', [email])).rowCount).toBe(0)
    expect((await send()).status).toBe(200)
    expect(await signInWith(email, password)).toBe(200)
  }
  expect(printed).not.toHaveBeenCalled()
})

test('two sign-ups at once with one address get the same response', async () => {
  const email = 'twice@example.org'
  const barrier = await server.database.ownerPool.connect()
  onTestFinished(() => barrier.release())
  await barrier.query('begin')
  await barrier.query('lock table auth."user" in share mode')
  const sent = [1, 2].map(() => post(server.url, 'sign-up/email', { name: 'Ada', email, password }))
  const waiting = `select from pg_locks where relation = 'auth."user"'::regclass and not granted`
  await expect.poll(async () => (await query(waiting)).rowCount).toBe(2)
  await barrier.query('rollback')
  for (const { status, body } of await Promise.all(sent)) expect([status, body]).toEqual([200, { status: true }])
  expect((await query('select from auth."user" where email = $1', [email])).rowCount).toBe(1)
})

test('a reset that cannot read the passkeys left changes no password, and its link works then', async () => {
  const { id } = await signUp(server.url, 'reset@example.org')
  const token = await aResetLink('reset@example.org')
  const reset = () => post(server.url, 'reset-password', { token, newPassword })
  const lock = await server.database.ownerPool.connect()
  onTestFinished(() => lock.release())
  await lock.query('begin')
  await lock.query('lock table auth.passkey in access exclusive mode')
  const failed = reset()
  await cancelReaderOf('passkey')
  await lock.query('rollback')
  expect(await failed).toMatchObject({ status: 503, body: { detail: expect.stringMatching(nothingWritten) } })
  expect(await signInWith('reset@example.org', password)).toBe(200)
  expect(await reset()).toMatchObject({ status: 200, body: { passkeys: [] } })
  await expectLogged(id, 'password_reset', [[]])
})

test('of a reset whose commit is cut off, the outcome is unknown, and the response says what to do', async () => {
  const { id } = await signUp(server.url, 'cut-off@example.org')
  const token = await aResetLink('cut-off@example.org')
  const failed = await whileCutOff('update on auth.account', () =>
    post(server.url, 'reset-password', { token, newPassword }),
  )
  expect(failed.status).toBe(503)
  expect(failed.body.detail).toMatch(
    /unknown\. Sign in with the new password; if it is refused, ask for another link\.$/,
  )
  await expectLogged(id, 'password_reset', [['outcome unknown']])
})

test.for([
  { path: 'verify-email', kind: 'email_confirmed', link: (id: string) => anEmailLink(id, null) },
  { path: 'verify-email', kind: 'email_changed', link: (id: string) => anEmailLink(id, 'next@example.org') },
  { path: 'undo-email-change', kind: 'email_change_undone', link: anUndoLink },
])('of an address whose $path is cut off, the log has $kind with an unknown outcome', async ({ path, kind, link }) => {
  const { id, token: bearer } = await signUp(server.url, `${kind.replaceAll('_', '-')}@example.org`)
  const token = await link(id)
  const failed = await whileCutOff('update on auth."user"', () => post(server.url, path, { token }, bearer))
  expect(failed.status).toBe(503)
  expect(failed.body.detail).toMatch(/unknown\. (Look at the address of the account|Repeat the request); if /)
  await expectLogged(id, kind, [['outcome unknown']])
})

test('of a sign-up that is cut off, the outcome is unknown, and the same one is accepted', async () => {
  const email = 'sign-up@example.org'
  const send = () => post(server.url, 'sign-up/email', { name: 'Ada', email, password })
  const failed = await whileCutOff('insert on auth.account', send)
  expect(failed.status).toBe(503)
  expect(failed.body.detail).toMatch(/unknown\. Sign in; if that is refused, sign up again\.$/)
  expect((await send()).status).toBe(200)
  expect(await signInWith(email, password)).toBe(200)
  // Without an account, it has a digest of the address.
  const unknown = `select from holdfast.audit_event where kind = 'sign_up' and 'outcome unknown' = any(details)`
  await expect.poll(async () => (await query(unknown)).rowCount).toBe(1)
})

test('of a sign-in whose session is cut off, the outcome is unknown', async () => {
  const { id } = await signUp(server.url, 'session@example.org')
  const signIn = () => post(server.url, 'sign-in/email', { email: 'session@example.org', password })
  const failed = await whileCutOff('insert on auth.session', signIn)
  expect(failed.status).toBe(503)
  expect(failed.body.detail).toMatch(/unknown\. Sign in again\.$/)
  await expectLogged(id, 'sign_in', [[], ['outcome unknown']])
})

test.for([
  { how: whileCancelled, says: nothingWritten },
  { how: whileCutOff, says: /the outcome is unknown\. Sign in again\.$/ },
])('a sign-in by code whose session is lost ($says): the same code signs in then', async ({ how, says }) => {
  const { id, email, secret } = await aPersonWithApp(server, `code-${how.name}@example.org`.toLowerCase())
  const challenge = await challengeOf(server.url, email)
  const code = codeOf(secret)
  const finish = () => post(server.url, 'sign-in/code', { challenge, code })
  const failed = await how('insert on auth.session', finish)
  expect(failed).toMatchObject({ status: 503, body: { detail: expect.stringMatching(says) } })
  expect((await finish()).status).toBe(200)
  expect((await finish()).body.code).toBe('sign_in_expired')
  await expectLogged(id, 'sign_in', [[], ...(how === whileCutOff ? [['code', 'outcome unknown']] : []), ['code']])
})

test('a change that takes too long is in the log as one whose outcome is unknown, and is completed', async () => {
  const impatient = await serverOn(server.database, { HOLDFAST_ANSWER_SECONDS_MAX: '1' })
  onTestFinished(() => impatient.stop())
  const { id, token, code } = await aBeginner('slow@example.org')
  const lock = await server.database.ownerPool.connect()
  onTestFinished(() => lock.release())
  await lock.query('begin')
  await lock.query('select from auth."user" where id = $1 for update', [id])
  const slow = await post(impatient.url, 'totp/confirm', { code }, token)
  expect(slow.status).toBe(503)
  expect(slow.body.detail).toMatch(/still being processed\. Look at the second factors of the account; if the app is /)
  await expectLogged(id, 'second_factor_changed', [['app added', 'outcome unknown']])
  await lock.query('rollback')
  const confirmed = () => query('select from auth.totp where "userId" = $1 and "confirmedAt" is not null', [id])
  await expect.poll(async () => (await confirmed()).rowCount).toBe(1)
})

/** Waits until a query waits for the lock of a table, and cancels it. */
async function cancelReaderOf(table: string): Promise<void> {
  const cancelled = async () =>
    (
      await query(
        `select pg_cancel_backend(pid) from pg_locks
          where relation = to_regclass(format('auth.%I', $1::text)) and not granted`,
        [table],
      )
    ).rowCount
  await expect.poll(cancelled).toBe(1)
}
