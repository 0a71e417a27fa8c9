import type { PoolClient } from 'pg'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestAccounts } from '../../test/open-test-accounts.ts'
import { type ApiResponse, call, type RunningServer, runningServer, signUp } from '../../test/running-server.ts'
import {
  aPersonWithApp,
  challengeOf,
  codeOf,
  forgetUsedCodes,
  accountPassword as password,
  post,
} from '../../test/second-factor-steps.ts'
import type { OpenAccounts } from './open-accounts.ts'

let server: RunningServer
/** The accounts as another process opens them. */
let accounts: OpenAccounts
let barrier: PoolClient

const newPassword = 'another password of mine'
/** A sign-in with this agent waits, before its session or challenge is stored, for the lock of `barrier`. */
const slow = { 'user-agent': 'waits' }
const sessionLock = 71_001
const accountLock = 71_002
const passwordLock = 71_003

beforeAll(async () => {
  server = await runningServer()
  accounts = await openTestAccounts(server.database)
  // The trigger of accounts waits before it locks any row.
  await server.database.ownerPool.query(`
    create function auth.wait_for_test() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock_shared(tg_argv[0]::bigint); return new; end';
    create trigger wait_for_test before insert on auth.session
      for each row when (new."userAgent" = 'waits') execute function auth.wait_for_test(${sessionLock});
    create trigger wait_for_test before insert on auth.verification
      for each row when (new.identifier like 'second-factor:%') execute function auth.wait_for_test(${sessionLock});
    create trigger wait_for_test before update on auth."user"
      for each statement execute function auth.wait_for_test(${accountLock});
    create trigger wait_for_test before update on auth.account
      for each statement execute function auth.wait_for_test(${passwordLock})`)
})
afterAll(async () => {
  await accounts.close()
  await server.end()
})
beforeEach(async () => {
  barrier = await server.database.ownerPool.connect()
  return async () => {
    await barrier.query('rollback')
    await barrier.query('select pg_advisory_unlock_all()')
    barrier.release()
  }
})

const hold = (lock: number) => barrier.query('select pg_advisory_lock($1)', [lock])
const release = (lock: number) => barrier.query('select pg_advisory_unlock($1)', [lock])
const signInSlowly = (email: string) => post(server.url, 'sign-in/email', { email, password }, undefined, slow)
const me = async (token: unknown) => (await call(`${server.url}/api/v1/me`, { bearer: String(token) })).status

const changePassword = (token: string, to: string) =>
  post(server.url, 'change-password', { currentPassword: password, newPassword: to }, token)

/** Waits until a connection waits for the lock. */
async function untilWaiting(lock: number): Promise<void> {
  const waiting = `select from pg_locks where locktype = 'advisory' and objid = ${lock} and not granted`
  await expect.poll(async () => (await server.database.ownerPool.query(waiting)).rowCount).toBe(1)
}

/** Waits until so many connections wait for locks. */
async function untilBlocked(count: number): Promise<void> {
  const blocked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await server.database.ownerPool.query(blocked)).rowCount).toBe(count)
}

type Change = { how: string; change: (person: { id: string; token: string }) => Promise<unknown>; ends: boolean }

const changes: Change[] = [
  {
    how: 'the password is changed',
    change: async ({ token }) => {
      const change = { currentPassword: password, newPassword, revokeOtherSessions: true }
      expect((await post(server.url, 'change-password', change, token)).status).toBe(200)
    },
    ends: true,
  },
  {
    how: 'the password is reset by a link',
    change: async ({ id }) => {
      const { token } = await accounts.accounts.createPasswordReset(id)
      expect((await post(server.url, 'reset-password', { token, newPassword })).status).toBe(200)
    },
    ends: true,
  },
  {
    how: 'the operator sets a password',
    change: async ({ id }) => expect((await accounts.accounts.setPassword(id, newPassword)).kind).toBe('done'),
    ends: true,
  },
  {
    how: 'all sessions are ended',
    change: async ({ token }) => expect((await post(server.url, 'revoke-sessions', {}, token)).status).toBe(200),
    ends: true,
  },
  {
    how: 'the sessions are ended without a mark (the control)',
    change: ({ id }) => server.database.ownerPool.query('delete from auth.session where "userId" = $1', [id]),
    ends: false,
  },
]

test.for(changes)('a sign-in whose session begins after $how: it ends: $ends', async ({ how, change, ends }) => {
  const person = await signUp(server.url, `${changes.findIndex((one) => one.how === how)}@example.org`, password)
  await hold(sessionLock)
  const signIn = signInSlowly(`${changes.findIndex((one) => one.how === how)}@example.org`)
  await untilWaiting(sessionLock)
  await change(person)
  await release(sessionLock)
  const { status, body } = await signIn
  expect(status).toBe(ends ? 401 : 200)
  if (ends) expect(body.code).toBe('unauthenticated')
  else expect(await me(body.token)).toBe(200)
  expect(await sessionsThatWaited(person.id)).toBe(ends ? 0 : 1)
})

test.for(changes.slice(0, 4))('a sign-in whose session begins before $how is complete: it ends', async (way) => {
  const { how, change } = way
  const email = `${changes.findIndex((one) => one.how === how)}-before@example.org`
  const person = await signUp(server.url, email, password)
  await hold(sessionLock)
  const signIn = signInSlowly(email)
  await untilWaiting(sessionLock)
  await hold(accountLock)
  const changed = change(person)
  await untilWaiting(accountLock)
  await release(sessionLock)
  const { status, body } = await signIn
  // The change is not committed yet.
  expect([status, await me(body.token)]).toEqual([200, 200])
  await release(accountLock)
  await changed
  expect(await sessionsThatWaited(person.id)).toBe(0)
})

test.for(changes)('a challenge that is stored after $how: it is void: $ends', async ({ how, change, ends }) => {
  const email = `${changes.findIndex((one) => one.how === how)}-app@example.org`
  const person = await aPersonWithApp(server, email)
  await hold(sessionLock)
  const signIn = post(server.url, 'sign-in/email', { email, password })
  await untilWaiting(sessionLock)
  await change(person)
  await release(sessionLock)
  const { status, body } = await signIn
  expect([status, body.secondStep !== undefined]).toEqual(ends ? [401, false] : [200, true])
})

test.for(changes)('a code that arrives before $how is complete: its sign-in is void: $ends', async (way) => {
  const { how, change, ends } = way
  const email = `${changes.findIndex((one) => one.how === how)}-code-after@example.org`
  const person = await aPersonWithApp(server, email)
  const challenge = await challengeOf(server.url, email)
  await barrier.query('begin')
  await barrier.query('select from auth."user" where id = $1 for no key update', [person.id])
  const changed = change(person)
  if (ends) await untilBlocked(1)
  const signIn = post(server.url, 'sign-in/code', { challenge, code: codeOf(person.secret) }, undefined, slow)
  await untilBlocked(ends ? 2 : 1)
  await barrier.query('rollback')
  const { status, body } = await signIn
  expect([status, body.code]).toEqual(ends ? [401, 'sign_in_expired'] : [200, undefined])
  await changed
  expect(await sessionsThatWaited(person.id)).toBe(ends ? 0 : 1)
})

test.for(changes.slice(0, 4))('a session that a code starts before $how: it ends', async ({ how, change }) => {
  const email = `${changes.findIndex((one) => one.how === how)}-code@example.org`
  const person = await aPersonWithApp(server, email)
  const challenge = await challengeOf(server.url, email)
  await hold(sessionLock)
  const signIn = post(server.url, 'sign-in/code', { challenge, code: codeOf(person.secret) }, undefined, slow)
  await untilWaiting(sessionLock)
  const changed = change(person)
  await untilBlocked(2)
  await release(sessionLock)
  await changed
  expect((await signIn).status).toBe(200)
  expect(await sessionsThatWaited(person.id)).toBe(0)
})

test('of two changes of one password at the same time, both with the right one, the second is refused', async () => {
  const email = 'two-changes@example.org'
  const { token } = await signUp(server.url, email, password)
  const chosen = ['the first of new passwords', 'the second of new passwords']
  await hold(passwordLock)
  const changes = chosen.map((one) => changePassword(token, one))
  // Each has checked the current password when it waits, one for the other.
  await untilWaiting(passwordLock)
  await untilBlocked(2)
  await release(passwordLock)
  const responses = await Promise.all(changes)
  expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 401])
  expect(responses.find(({ status }) => status === 401)?.body).toMatchObject({
    code: 'password_wrong',
    errors: [{ path: '/currentPassword' }],
  })
  for (const [index, { status }] of responses.entries()) {
    const signIn = await post(server.url, 'sign-in/email', { email, password: chosen[index] })
    expect(signIn.status).toBe(status === 200 ? 200 : 401)
  }
})

test('a change is refused if somebody else has set another password since the current one was checked', async () => {
  const { id, token } = await signUp(server.url, 'set-meanwhile@example.org', password)
  await hold(passwordLock)
  const change = changePassword(token, newPassword)
  await untilWaiting(passwordLock)
  await barrier.query(`update auth.account set password = 'set by the operator' where "userId" = $1`, [id])
  await release(passwordLock)
  expect((await change).body).toMatchObject({ code: 'password_wrong' })
  const { rows } = await server.database.ownerPool.query('select password from auth.account where "userId" = $1', [id])
  expect(rows).toEqual([{ password: 'set by the operator' }])
})

test('a change of the password that waits for a reset of it is refused, and starts no session', async () => {
  const email = 'change-and-reset@example.org'
  const { id, token } = await signUp(server.url, email, password)
  const link = await accounts.accounts.createMailedPasswordReset(email, async () => undefined)
  await hold(accountLock)
  const reset = post(server.url, 'reset-password', { token: link?.token, newPassword })
  await untilWaiting(accountLock)
  await barrier.query('begin')
  await barrier.query('select from auth."user" where id = $1 for no key update', [id])
  await release(accountLock)
  await untilBlocked(1)
  const body = { currentPassword: password, newPassword: 'chosen by a stranger', revokeOtherSessions: true }
  const change = post(server.url, 'change-password', body, token, slow)
  await untilBlocked(2)
  await barrier.query('rollback')
  expect((await reset).status).toBe(200)
  expect((await change).body.code).toBe('unauthenticated')
  expect(await sessionsThatWaited(id)).toBe(0)
})

const waitingForReset = [
  {
    what: 'a change of the address',
    by: (caller: Caller, link: string) => accounts.accounts.useEmailLink(caller, link, async () => undefined),
    done: 'changed',
  },
  {
    what: 'a request for such a change',
    by: ({ accountId, sessionId }: Caller) =>
      accounts.accounts.createEmailLink(accountId, changeTo('other', sessionId), async () => undefined),
    done: 'created',
  },
]
type Caller = { accountId: string; sessionId: string }
const changeTo = (name: string, sessionId: string | null) =>
  ({ newEmail: `${name}@example.org`, language: 'en', sessionId, network: null }) as const

test.for([
  ...waitingForReset.map((way) => ({ ...way, isReset: true })),
  ...waitingForReset.map((way) => ({ ...way, isReset: false })),
])('$what that waits while the password is reset is refused: $isReset', async ({ what, by, done, isReset }) => {
  const email = `${what.replaceAll(' ', '-')}-${isReset}@example.org`
  const { id: accountId } = await signUp(server.url, email, password)
  const { rows } = await server.database.ownerPool.query(sql`select id::text from auth.session
      where "userId" = ${accountId}`)
  const caller: Caller = { accountId, sessionId: rows[0]?.id }
  const created = await accounts.accounts.createEmailLink(accountId, changeTo(email, null), async () => undefined)
  await server.database.ownerPool.query(`update auth."emailLink" set "sentAt" = now() - interval '1 hour'`)
  const link = await accounts.accounts.createMailedPasswordReset(email, async () => undefined)
  await barrier.query('begin')
  await barrier.query('select from auth."user" where id = $1 for no key update', [accountId])
  const reset = isReset ? accounts.accounts.resetPassword(link?.token ?? '', newPassword, async () => undefined) : null
  if (isReset) await untilBlocked(1)
  const changed = by(caller, created.kind === 'created' ? created.token : '')
  await untilBlocked(isReset ? 2 : 1)
  await barrier.query('rollback')
  expect((await reset)?.kind).toBe(isReset ? 'done' : undefined)
  expect((await changed).kind).toBe(isReset ? 'ended' : done)
})

test('of several codes that are sent for one sign-in at the same time one is used', async () => {
  const person = await aPersonWithApp(server, 'codes@example.org')
  await forgetUsedCodes(server)
  const challenge = await challengeOf(server.url, person.email)
  const { rows } = await server.database.ownerPool.query<{ identifier: string }>(sql`
    select identifier from auth.verification where identifier like 'second-factor:%' and value = ${person.id}`)
  await barrier.query('begin')
  await barrier.query('select from auth.verification where identifier = $1 for update', [rows[0]?.identifier])
  const codes = [...person.recoveryCodes.slice(0, 3), codeOf(person.secret)]
  const responses = codes.map((code) => post(server.url, 'sign-in/code', { challenge, code }))
  await untilBlocked(codes.length)
  await barrier.query('rollback')
  const outcomes = (await Promise.all(responses)).map(({ body }: ApiResponse) => body.code ?? 'signed in')
  expect(outcomes.toSorted()).toEqual(['sign_in_expired', 'sign_in_expired', 'sign_in_expired', 'signed in'])
  const [isApp, used] = await usedCodes(person.id)
  expect(Number(isApp) + Number(used)).toBe(1)
})

async function sessionsThatWaited(accountId: string): Promise<number | null> {
  const { rowCount } = await server.database.ownerPool.query(sql`select from auth.session where "userId" = ${accountId}
      and "userAgent" = 'waits'`)
  return rowCount
}

/** Whether the app's code was used, and how many recovery codes were. */
async function usedCodes(accountId: string): Promise<[boolean, number]> {
  const { rows } = await server.database.ownerPool.query<{ isApp: boolean; left: number }>(sql`
    select "lastStep" > 0 as "isApp",
          (select count(*)::integer from auth."recoveryCode" c where c."userId" = t."userId") as left
     from auth.totp t where "userId" = ${accountId}`)
  return [rows[0]?.isApp ?? false, 10 - (rows[0]?.left ?? 0)]
}

test('a calendar feed that is created while all sessions end does not outlast them', async () => {
  const email = `${crypto.randomUUID()}@example.org`
  const { id, token } = await signUp(server.url, email, password)
  await barrier.query('begin')
  await barrier.query('update auth."user" set "tokensValidFrom" = clock_timestamp() where id = $1', [id])
  await barrier.query('delete from auth.session where "userId" = $1', [id])
  await barrier.query('delete from holdfast.calendar_feed where created_by = $1', [id])
  const creating = call(`${server.url}/api/v1/me/calendar-feed`, { method: 'POST', body: {}, bearer: token })
  const feeds = 'select from holdfast.calendar_feed where created_by = $1'
  await expect.poll(async () => (await server.database.ownerPool.query(feeds, [id])).rowCount).toBe(1)
  await barrier.query('commit')
  expect((await creating).status).toBe(401)
  expect((await server.database.ownerPool.query(feeds, [id])).rowCount).toBe(0)
})
