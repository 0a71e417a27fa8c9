import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { openTestAccounts } from '../../../test/open-test-accounts.ts'
import { call, serverOfFile, signIn, signUp } from '../../../test/running-server.ts'
import {
  aPersonWithApp,
  challengeOf,
  codeOf,
  accountPassword as password,
  post,
  setUpApp,
  wrongCodeOf,
} from '../../../test/second-factor-steps.ts'
import { accountsPool } from '../accounts-schema.ts'
import type { OpenAccounts } from '../open-accounts.ts'
import type { FactorCaller } from './second-factors.ts'
import { createTotp } from './totp.ts'

const noNotice = async () => undefined
const server = await serverOfFile()

const factorsOf = async (bearer: string) => (await call(`${server.url}/api/auth/second-factors`, { bearer })).body
const finish = (challenge: string, code: string) => post(server.url, 'sign-in/code', { challenge, code })

describe('an authenticator app', () => {
  test('is set up with the password and a first code; then signing in needs a code', async () => {
    const { token } = await signUp(server.url, 'ada@example.org', password)
    const other = await signIn(server.url, { email: 'ada@example.org', password })
    expect((await post(server.url, 'totp/begin', {}, token)).body.code).toBe('password_wrong')
    expect((await post(server.url, 'totp/begin', { password: 'not this one' }, token)).body.code).toBe('password_wrong')
    const begun = await post(server.url, 'totp/begin', { password }, token)
    const secret = String(begun.body.secret)
    expect(begun.body.uri).toMatch(/^otpauth:\/\/totp\/Holdfast:ada%40example\.org\?.*secret=/)
    expect((await post(server.url, 'totp/confirm', { code: wrongCodeOf(secret) }, token)).body).toMatchObject({
      code: 'code_wrong',
      errors: [{ path: '/code' }],
    })
    // The second factor is not on yet.
    await signIn(server.url, { email: 'ada@example.org', password })
    const code = codeOf(secret)
    const confirmed = await post(server.url, 'totp/confirm', { code }, token)
    expect(new Set(confirmed.body.recoveryCodes as string[]).size).toBe(10)
    expect(await factorsOf(token)).toMatchObject({ hasTotp: true, recoveryCodes: 10, isShown: true })
    expect((await call(`${server.url}/api/v1/me`, { bearer: other })).status).toBe(401)
    const first = await post(server.url, 'sign-in/email', { email: 'ada@example.org', password })
    expect([first.status, first.body.token]).toEqual([200, null])
    expect([first.headers.getSetCookie(), first.headers.get('set-auth-token')]).toEqual([[], null])
    const challenge = await challengeOf(server.url, 'ada@example.org')
    expect((await finish(challenge, wrongCodeOf(secret))).body.code).toBe('code_wrong')
    expect((await finish(challenge, code)).body.code).toBe('code_used')
    const next = codeOf(secret, 1)
    const second = await finish(challenge, next)
    expect(second.body).toMatchObject({ user: { email: 'ada@example.org', mustChangePassword: false } })
    expect(second.headers.getSetCookie().join()).toContain('better-auth.session_token=')
    expect(await factorsOf(String(second.body.token))).toMatchObject({ isShown: true, needsPassword: false })
    expect((await finish(challenge, next)).body.code).toBe('sign_in_expired')
  })

  test('a session cookie of a sign-in with a code works for pages and for the accounts library', async () => {
    const person = await aPersonWithApp(server, 'cookie@example.org')
    const { headers } = await finish(await challengeOf(server.url, person.email), codeOf(person.secret))
    const cookie = headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const sent = { headers: { cookie, 'x-holdfast-client': 'test' } }
    expect((await call(`${server.url}/api/v1/me`, sent)).body.email).toBe(person.email)
    expect((await call(`${server.url}/api/auth/token`, sent)).status).toBe(200)
    expect((await call(`${server.url}/api/auth/sign-out`, { method: 'POST', body: {}, ...sent })).status).toBe(200)
    expect((await call(`${server.url}/api/v1/me`, sent)).status).toBe(401)
  })

  test('of two sign-ins with one code at the same time one succeeds', async () => {
    const person = await aPersonWithApp(server, 'twice@example.org')
    const challenges = await Promise.all([1, 2, 3].map(() => challengeOf(server.url, person.email)))
    const code = codeOf(person.secret)
    const responses = await Promise.all(challenges.map((one) => finish(one, code)))
    expect(responses.map(({ body }) => body.code ?? 'signed in').toSorted()).toEqual([
      'code_used',
      'code_used',
      'signed in',
    ])
  })

  test('a code is accepted one step early or late, and none twice or older than the last', async () => {
    const { id } = await signUp(server.url, 'clock@example.org', password)
    const pool = accountsPool(server.database.appUrl, 2, 'test')
    const transaction = await pool.connect()
    let now = 1_800_000_000_000
    const plain = { seal: async (text: string) => text, open: async (text: string) => text }
    const totp = createTotp(pool, plain, () => now)
    const caller = { accountId: id, sessionId: await sessionIdOf(id), email: 'clock@example.org' }
    const begun = await totp.begin(caller)
    const at = (ms: number) => codeOf(begun.kind === 'begun' ? begun.secret : '', (ms - Date.now()) / 30_000)
    expect((await totp.verify(transaction, id, at(now))).kind).toBe('missing')
    expect((await totp.confirm(transaction, id, at(now))).kind).toBe('accepted')
    expect(await totp.begin(caller)).toEqual({ kind: 'exists' })
    now += 300_000
    const kinds: string[] = []
    for (const offset of [-60_000, 60_000, -30_000, -30_000, 30_000, 0]) {
      kinds.push((await totp.verify(transaction, id, at(now + offset))).kind)
    }
    expect(kinds).toEqual(['wrong', 'wrong', 'accepted', 'used', 'accepted', 'used'])
    transaction.release()
    await pool.end()
  })

  test('a recovery code works once, in any case and grouping; new ones void the earlier', async () => {
    const person = await aPersonWithApp(server, 'lost@example.org')
    const [first = '', second = ''] = person.recoveryCodes
    const sloppy = ` ${first.toUpperCase().replaceAll('-', ' ')} `
    const signedIn = await finish(await challengeOf(server.url, person.email), sloppy)
    const token = String(signedIn.body.token)
    expect(await factorsOf(token)).toMatchObject({ recoveryCodes: 9, isShown: true })
    expect((await finish(await challengeOf(server.url, person.email), first)).body.code).toBe('code_wrong')
    const renewed = await post(server.url, 'recovery-codes', {}, token)
    expect(renewed.body.recoveryCodes).toHaveLength(10)
    expect((await finish(await challengeOf(server.url, person.email), second)).body.code).toBe('code_wrong')
  })

  test('new recovery codes that are created at the same time void each other', async () => {
    const person = await aPersonWithApp(server, 'many@example.org')
    const { ownerPool } = server.database
    const barrier = await ownerPool.connect()
    await barrier.query('begin')
    await barrier.query('select from auth."recoveryCode" where "userId" = $1 for update', [person.id])
    const renewals = [1, 2].map(() => post(server.url, 'recovery-codes', {}, person.token))
    await untilBlocked(2)
    await barrier.query('rollback')
    barrier.release()
    await Promise.all(renewals)
    expect(await factorsOf(person.token)).toMatchObject({ recoveryCodes: 10 })
  })

  test('it is turned off with the password; then the password signs in alone', async () => {
    const person = await aPersonWithApp(server, 'off@example.org')
    await server.database.ownerPool.query(`update auth.session set "secondFactorAt" = now() - interval '11 minutes'`)
    await expect.poll(async () => (await factorsOf(person.token)).needsPassword).toBe(true)
    expect((await post(server.url, 'totp/remove', {}, person.token)).body.code).toBe('password_wrong')
    expect((await post(server.url, 'totp/remove', { password: 'wrong one' }, person.token)).body.code).toBe(
      'password_wrong',
    )
    expect((await post(server.url, 'totp/remove', { password }, person.token)).status).toBe(200)
    expect(await factorsOf(person.token)).toMatchObject({ hasTotp: false, recoveryCodes: 0, isShown: false })
    await signIn(server.url, { email: person.email, password })
  })
})

test('whoever knows the password alone cannot add a second factor to an account that has one', async () => {
  const { id, token } = await signUp(server.url, 'owner@example.org', password)
  await server.database.ownerPool.query(sql`
    insert into auth.passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
     values (${id}, 'Key', 'planted', 'x', 0, '[]', now())`)
  const origin = { origin: server.url }
  for (const path of ['totp/begin', 'recovery-codes', 'totp/remove']) {
    expect((await post(server.url, path, { password }, token)).body.code).toBe('second_factor_required')
  }
  const added = await post(server.url, 'totp/confirm', { code: '000000' }, token, origin)
  expect(added.body.code).toBe('second_factor_required')
  // The control: without a second factor, the password is enough.
  await server.database.ownerPool.query('delete from auth.passkey where "userId" = $1', [id])
  await setUpApp(server, token)
})

test('a changed password keeps the second factors, and voids sign-ins that wait for a code', async () => {
  const person = await aPersonWithApp(server, 'changes@example.org')
  const challenge = await challengeOf(server.url, person.email)
  const newPassword = 'another password of mine'
  const change = { currentPassword: password, newPassword, revokeOtherSessions: true }
  const changed = await post(server.url, 'change-password', change, person.token)
  expect(await factorsOf(String(changed.body.token))).toMatchObject({ hasTotp: true, isShown: true })
  expect((await finish(challenge, codeOf(person.secret))).body.code).toBe('sign_in_expired')
  await challengeOf(server.url, person.email, newPassword)
})

test.each([
  { end: 'commit', status: 401 },
  // The control: the app is still there.
  { end: 'rollback', status: 200 },
])('a code that is sent while its app is removed, $end: $status', async ({ end, status }) => {
  const { ownerPool } = server.database
  const { id, email, secret } = await aPersonWithApp(server, `removed-${end}@example.org`)
  const challenge = await challengeOf(server.url, email)
  const removal = await ownerPool.connect()
  try {
    await removal.query('begin')
    await removal.query('select from auth."user" where id = $1 for no key update', [id])
    await removal.query('delete from auth.totp where "userId" = $1', [id])
    const finished = finish(challenge, codeOf(secret))
    await untilBlocked(1)
    await removal.query(end)
    expect((await finished).status).toBe(status)
  } finally {
    removal.release()
  }
})

test('sessions lose their second factor with the removal of the last one', async () => {
  const { id } = await aPersonWithApp(server, 'last@example.org')
  const passkeyId = await aPasskey(id)
  const { secondFactors, close } = await opened()
  const marked = 'select from auth.session where "userId" = $1 and "secondFactorAt" is not null'
  const shown = async () => (await server.database.ownerPool.query(marked, [id])).rowCount
  const caller = { accountId: id, sessionId: await sessionIdOf(id) }
  expect(await secondFactors.removePasskey(caller, passkeyId, noNotice)).toEqual({ kind: 'removed' })
  expect(await secondFactors.removePasskey(caller, passkeyId, noNotice)).toEqual({ kind: 'missing' })
  expect(await shown()).toBe(1)
  expect(await secondFactors.removeTotp(caller, noNotice)).toEqual({ kind: 'removed' })
  expect(await shown()).toBe(0)
  await close()
})

const changes: Record<string, (open: OpenAccounts, caller: FactorCaller, passkeyId: string) => Promise<object>> = {
  'a removal of the app': ({ secondFactors }, caller) => secondFactors.removeTotp(caller, noNotice),
  'a removal of a passkey': ({ secondFactors }, caller, passkeyId) =>
    secondFactors.removePasskey(caller, passkeyId, noNotice),
  'a replacement of the recovery codes': ({ recoveryCodes }, caller) => recoveryCodes.replace(caller, noNotice),
  'another name of a passkey': ({ passkeys }, caller, passkeyId) => passkeys.rename(caller, passkeyId, 'Theirs'),
  'the secret of an app': async ({ totp }, caller) => {
    const { kind } = await totp.begin({ ...caller, email: 'begun@example.org' })
    return { kind }
  },
}
const done = expect.stringMatching(/removed|replaced|renamed|begun/)

test.for(
  Object.keys(changes).flatMap((what) => [
    { what, isEnded: true },
    { what, isEnded: false },
  ]),
)('$what that waits while the sessions end is refused: $isEnded', async ({ what, isEnded }) => {
  const { id } = await aPersonWithApp(server, `${crypto.randomUUID()}@example.org`)
  const passkeyId = await aPasskey(id)
  // An app that is set up is never begun again.
  if (what === 'the secret of an app')
    await server.database.ownerPool.query('delete from auth.totp where "userId" = $1', [id])
  const open = await opened()
  const caller = { accountId: id, sessionId: await sessionIdOf(id) }
  const before = await factorRowsOf(id)
  const barrier = await server.database.ownerPool.connect()
  try {
    await barrier.query('begin')
    await barrier.query('select from auth."user" where id = $1 for no key update', [id])
    const ending = isEnded ? open.sessions.endAll(id) : null
    if (isEnded) await untilBlocked(1)
    const changed = changes[what]?.(open, caller, passkeyId)
    await untilBlocked(isEnded ? 2 : 1)
    await barrier.query('rollback')
    await ending
    expect(await changed).toMatchObject({ kind: isEnded ? 'ended' : done })
    const after = await factorRowsOf(id)
    if (isEnded) expect(after).toEqual(before)
    else expect(after).not.toEqual(before)
  } finally {
    barrier.release()
    await open.close()
  }
})

test('recovery codes are not replaced while no app is set up', async () => {
  const { id } = await signUp(server.url, 'codes-without-app@example.org', password)
  const { recoveryCodes, close } = await opened()
  const caller = { accountId: id, sessionId: await sessionIdOf(id) }
  expect(await recoveryCodes.replace(caller, noNotice)).toEqual({ kind: 'missing' })
  expect(await factorRowsOf(id)).toEqual([])
  await close()
})

test('a link to choose a new password removes no second factor', async () => {
  const person = await aPersonWithApp(server, 'reset@example.org')
  const token = await passwordResetOf(person.id)
  const newPassword = 'a password from the link'
  expect((await post(server.url, 'reset-password', { token, newPassword })).status).toBe(200)
  const finished = await finish(await challengeOf(server.url, person.email, newPassword), codeOf(person.secret))
  expect(finished.status).toBe(200)
})

test('neither the database nor the log contains secrets, recovery codes, challenges or codes', async () => {
  const person = await aPersonWithApp(server, 'secrets@example.org')
  const challenge = await challengeOf(server.url, person.email)
  const code = codeOf(person.secret)
  const planted = [person.secret, challenge, ...person.recoveryCodes]
  expect(await databaseText()).toContain(person.email)
  const found = async (texts: string[]) => {
    const all = `${await databaseText()} ${server.logText()}`.toLowerCase()
    return texts.filter((text) => [text, text.replaceAll('-', '')].some((one) => all.includes(one.toLowerCase())))
  }
  expect(await found(planted)).toEqual([])
  await finish(challenge, code)
  expect(server.logText()).not.toContain(code)
  // Negative control: a secret that is stored as it is would be found.
  await server.database.ownerPool.query(sql`
    update auth.totp set secret = ${person.secret} where "userId" = ${person.id}`)
  expect(await found(planted)).toEqual([person.secret])
})

/** Waits until so many connections wait for locks. */
async function untilBlocked(count: number): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await server.database.ownerPool.query(waiting)).rowCount).toBe(count)
}

/** The accounts of another process. */
async function opened() {
  return openTestAccounts(server.database)
}

async function sessionIdOf(accountId: string): Promise<string> {
  const { rows } = await server.database.ownerPool.query<{ id: string }>(sql`
    select id::text from auth.session where "userId" = ${accountId}`)
  return rows[0]?.id ?? ''
}

/** A passkey that nobody signs in with. @returns its id */
async function aPasskey(accountId: string): Promise<string> {
  const { rows } = await server.database.ownerPool.query<{ id: string }>(sql`
    insert into auth.passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
     values (${accountId}, 'Key', gen_random_uuid()::text, 'x', 0, '[]', now()) returning id::text`)
  return rows[0]?.id ?? ''
}

/** The account's app, passkeys and recovery codes. */
async function factorRowsOf(accountId: string): Promise<string[]> {
  const tables = ['totp', 'passkey', '"recoveryCode"']
  const all = tables.map((table) => `select to_jsonb(t)::text as row from auth.${table} t where "userId" = $1`)
  const { rows } = await server.database.ownerPool.query<{ row: string }>(all.join(' union all '), [accountId])
  return rows.map(({ row }) => row).toSorted()
}

/** Creates the link of `holdfast admin reset-password`. */
async function passwordResetOf(accountId: string): Promise<string> {
  const { accounts, close } = await opened()
  const { token } = await accounts.createPasswordReset(accountId)
  await close()
  return token
}

/** Every row of every table, as text. */
async function databaseText(): Promise<string> {
  const { ownerPool } = server.database
  const { rows } = await ownerPool.query<{ name: string }>(`select format('%I.%I', schemaname, tablename) as name
      from pg_tables where schemaname in ('auth', 'holdfast')`)
  const texts: string[] = []
  for (const { name } of rows) {
    const found = await ownerPool.query<{ text: string | null }>(
      `select string_agg(t::text, ' ') as text from ${name} t`,
    )
    texts.push(found.rows[0]?.text ?? '')
  }
  return texts.join(' ')
}
