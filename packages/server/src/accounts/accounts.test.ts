// Isolated: hashes passwords at their real costs
import { describe, expect, test } from 'vitest'
import { openTestAccounts } from '../../test/open-test-accounts.ts'
import { administrator, call, serverOfFile, serverOn, signIn, signUp } from '../../test/running-server.ts'

const server = await serverOfFile()

const post = (path: string, body: unknown, bearer?: string, headers: Record<string, string> = {}) =>
  call(`${server.url}/api/auth${path}`, { method: 'POST', body, headers, ...(bearer === undefined ? {} : { bearer }) })
const me = (bearer: string, url = server.url) => call(`${url}/api/v1/me`, { bearer })

describe('signing up and in', () => {
  test('signing in after signing up creates a session that works as cookie and, signed, as Bearer', async () => {
    const account = { email: 'Ada@Example.org', password: 'ten letters' }
    expect((await post('/sign-up/email', { name: 'Ada', ...account })).status).toBe(200)
    const response = await post('/sign-in/email', account)
    expect(response.status).toBe(200)
    expect(response.body.user).toMatchObject({ email: 'ada@example.org', name: 'Ada' })
    const cookie = response.headers.getSetCookie()[0] ?? ''
    expect(cookie).toMatch(/^better-auth\.session_token=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
    const signed = response.headers.get('set-auth-token') ?? ''
    for (const bearer of [signed, String(response.body.token)])
      expect((await me(bearer)).body.email).toBe('ada@example.org')
    const byCookie = await call(`${server.url}/api/v1/me`, { headers: { cookie: cookie.split(';')[0] ?? '' } })
    expect(byCookie.status).toBe(200)
  })

  test('an address can be used once, whatever its case, and the first account is unchanged', async () => {
    await signUp(server.url, 'taken@example.org', 'first password')
    await post('/sign-up/email', { name: 'Eve', email: 'TAKEN@example.org', password: 'other password' })
    await signIn(server.url, { email: 'taken@example.org', password: 'first password' })
    const other = { email: 'taken@example.org', password: 'other password' }
    expect((await post('/sign-in/email', other)).status).toBe(401)
  })

  test('the response to sign-up does not reveal whether the address has an account', async () => {
    const sent = { name: 'Eve', password: 'some password' }
    const [first, again] = [
      await post('/sign-up/email', { ...sent, email: 'once@example.org' }),
      await post('/sign-up/email', { ...sent, email: 'ONCE@example.org' }),
    ]
    expect([first.status, first.text]).toEqual([200, '{"status":true}'])
    expect([again.status, again.text]).toEqual([first.status, first.text])
    expect([...again.headers.keys()]).toEqual([...first.headers.keys()])
    expect(first.headers.getSetCookie()).toEqual([])
  })

  test.each([
    ['a short password', { name: 'A', email: 'a@example.org', password: '123456789' }, '/password'],
    ['a long password', { name: 'A', email: 'a@example.org', password: 'x'.repeat(129) }, '/password'],
    ['no e-mail address', { name: 'A', email: 'nobody', password: 'ten letters' }, '/email'],
    ['a blank name', { name: '  ', email: 'a@example.org', password: 'ten letters' }, '/name'],
    ['NUL in a name', { name: 'A\0', email: 'a@example.org', password: 'ten letters' }, '/name'],
    [
      'an unknown field',
      { name: 'A', email: 'a@example.org', password: 'ten letters', callbackURL: 'https://evil.example' },
      '/callbackURL',
    ],
    ['a role', { name: 'A', email: 'a@example.org', password: 'ten letters', role: 'admin' }, '/role'],
  ])('sign-up with %s is refused, naming the field', async (_what, body, path) => {
    const response = await post('/sign-up/email', body)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(response.body).toMatchObject({ code: 'invalid_request', errors: [{ path }] })
    expect(response.text).not.toContain('123456789')
  })

  test('a password that is easy to guess is refused at sign-up and when changing it, naming the field', async () => {
    const signedUp = await post('/sign-up/email', { name: 'A', email: 'a@example.org', password: 'password123' })
    expect([signedUp.status, signedUp.body.code]).toEqual([422, 'password_guessable'])
    expect(signedUp.body.errors).toMatchObject([{ path: '/password' }])
    const { token } = await signUp(server.url, 'guessable@example.org')
    const change = { currentPassword: 'a password of ten', newPassword: 'guessable12' }
    const changed = await post('/change-password', change, token)
    expect([changed.status, changed.body.code]).toEqual([422, 'password_guessable'])
    expect(changed.body.errors).toMatchObject([{ path: '/newPassword' }])
    await signIn(server.url, { email: 'guessable@example.org', password: 'a password of ten' })
  })

  test('a wrong password and an unknown address get the same response', async () => {
    const wrong = await post('/sign-in/email', { email: administrator.email, password: 'not this one' })
    const unknown = await post('/sign-in/email', { email: 'nobody@example.org', password: 'not this one' })
    expect(wrong.status).toBe(401)
    const { instance: _one, ...wrongBody } = wrong.body
    const { instance: _other, ...unknownBody } = unknown.body
    expect(unknownBody).toEqual(wrongBody)
    expect(unknown.status).toBe(wrong.status)
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()])
  })

  test('and after the same time; a request that is refused before any look-up is faster (the control)', async () => {
    // The processor's time: what else runs on the machine has no part in it.
    const timed = async (email: string) => {
      const before = process.cpuUsage()
      await post('/sign-in/email', { email, password: 'not this one' })
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1_000
    }
    const times: { wrong: number[]; unknown: number[]; malformed: number[] } = { wrong: [], unknown: [], malformed: [] }
    const differ = () => {
      const [wrong, unknown] = [median(times.wrong), median(times.unknown)]
      return Math.abs(wrong - unknown) / Math.max(wrong, unknown)
    }
    // More rounds where they differ: what is chance disappears, what is not stays. Without its hash, a sign-in costs a
    // tenth.
    for (let round = 0; round < 15 || (round < 200 && differ() >= 0.25); round += 1) {
      times.wrong.push(await timed(administrator.email))
      times.unknown.push(await timed(`nobody${round}@example.org`))
      times.malformed.push(await timed('no address'))
    }
    const [wrong, unknown, malformed] = [median(times.wrong), median(times.unknown), median(times.malformed)]
    expect(differ(), `${wrong} ms and ${unknown} ms`).toBeLessThan(0.25)
    expect(malformed).toBeLessThan(wrong / 2)
  })

  test('passwords are stored as argon2id with the costs that OWASP recommends', async () => {
    const { rows } = await server.database.ownerPool.query('select password from auth.account limit 1')
    expect(rows[0].password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })
})

describe('commands that change accounts', () => {
  test('a new password ends the sessions; a short one or one for an unknown account changes nothing', async () => {
    const { accounts, close } = await openTestAccounts(server.database, ['a-secret-of-the-tests-that-is-long-enough'])
    const { id, token } = await signUp(server.url, 'resets@example.org')
    expect((await accounts.setPassword(id, 'short')).kind).toBe('password_refused')
    const nobody = '00000000-0000-4000-8000-000000000000'
    expect((await accounts.setPassword(nobody, 'a longer password')).kind).toBe('account_missing')
    expect((await me(token)).status).toBe(200)
    expect((await accounts.setPassword(id, 'a longer password')).kind).toBe('done')
    await expect.poll(async () => (await me(token)).status, { interval: 250 }).toBe(401)
    await signIn(server.url, { email: 'resets@example.org', password: 'a longer password' })

    // A link to choose a new password works once, and only with all of its token.
    const session = await signIn(server.url, { email: 'resets@example.org', password: 'a longer password' })
    const { token: link } = await accounts.createPasswordReset(id)
    const { rows } = await server.database.ownerPool.query('select identifier from auth.verification')
    expect(JSON.stringify(rows)).not.toContain(link)
    const reset = (token: string, newPassword: string) => post('/reset-password', { token, newPassword })
    expect((await reset(`${link}x`, 'chosen by a link')).body.code).toBe('link_used')
    expect((await reset(link, 'password123')).body.code).toBe('password_guessable')
    expect((await reset(link, 'chosen by a link')).body).toEqual({ status: true, passkeys: [] })
    expect((await reset(link, 'chosen by another')).body.code).toBe('link_used')
    await expect.poll(async () => (await me(session)).status, { interval: 250 }).toBe(401)
    await signIn(server.url, { email: 'resets@example.org', password: 'chosen by a link' })

    // A link is void after another one, and after a password that the operator sets.
    const { token: first } = await accounts.createPasswordReset(id)
    const { token: second } = await accounts.createPasswordReset(id)
    const other = await signUp(server.url, 'resets-not@example.org')
    const { token: ofAnother } = await accounts.createPasswordReset(other.id)
    expect((await reset(first, 'chosen by the first')).body.code).toBe('link_used')
    expect((await reset(second, 'chosen by the second')).status).toBe(200)
    const { token: third } = await accounts.createPasswordReset(id)
    expect((await accounts.setPassword(id, 'set by an administrator')).kind).toBe('done')
    expect((await reset(third, 'chosen by the third')).body.code).toBe('link_used')
    // A link knows its account, whose e-mail address and name are refused, also if somebody else has signed in.
    const { token: fourth } = await accounts.createPasswordReset(id)
    expect((await reset(fourth, 'RESETS@example.org')).body.code).toBe('password_guessable')
    const stranger = { token: fourth, newPassword: 'resets@example.org' }
    expect((await post('/reset-password', stranger, other.token)).body.code).toBe('password_guessable')
    expect((await reset(fourth, 'chosen by the fourth')).status).toBe(200)
    // The control: the link of another account is still valid.
    expect((await reset(ofAnother, 'chosen by another link')).status).toBe(200)

    // An account that never had a password gets one.
    await server.database.ownerPool.query('delete from auth.account where "userId" = $1', [id])
    expect((await accounts.setPassword(id, 'another password')).kind).toBe('done')
    await signIn(server.url, { email: 'resets@example.org', password: 'another password' })
    expect(await accounts.byIds([])).toEqual(new Map())
    expect((await accounts.byIds([id, nobody])).get(id)?.email).toBe('resets@example.org')
    expect((await accounts.byEmail(' RESETS@example.org '))?.id).toBe(id)
    await close()
  })
})

test('with a password that somebody else knows, nothing is allowed but to change it', async () => {
  const { id, token } = await signUp(server.url, 'first@example.org')
  const jwt = String((await call(`${server.url}/api/auth/token`, { bearer: token })).body.token)
  await server.database.ownerPool.query('update auth."user" set "mustChangePassword" = true where id = $1', [id])
  const other = await serverOn(server.database)
  const send = (path: string, options: Parameters<typeof call>[1]) => call(`${other.url}${path}`, options)
  for (const bearer of [token, jwt]) {
    const refused = await send('/api/v1/me', { bearer })
    expect([refused.status, refused.body.code]).toEqual([403, 'password_change_required'])
  }
  const account = { email: 'first@example.org', password: 'a password of ten' }
  const signedIn = await send('/api/auth/sign-in/email', { method: 'POST', body: account })
  expect(signedIn.body.user).toMatchObject({ mustChangePassword: true })
  const cookie = (signedIn.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  const headers = { cookie, origin: other.url }
  expect((await send('/api/v1/clinics', { headers })).status).toBe(200)
  expect((await send('/api/v1/me', { headers })).status).toBe(401)
  expect((await send('/api/v1/clinics', { method: 'POST', headers, body: {} })).body.code).toBe(
    'password_change_required',
  )
  const change = (newPassword: string) =>
    send('/api/auth/change-password', {
      method: 'POST',
      headers,
      body: { currentPassword: account.password, newPassword },
    })
  expect((await change(account.password)).body.errors).toMatchObject([{ path: '/newPassword' }])
  expect((await change('chosen by myself')).status).toBe(200)
  expect((await send('/api/v1/me', { headers })).status).toBe(200)
  await other.stop()
})

test('new accounts without a confirmed address are those of the last hours', async () => {
  const { accounts, close } = await openTestAccounts(server.database)
  const ids: string[] = []
  for (const name of ['new', 'older', 'confirmed']) ids.push((await signUp(server.url, `${name}@example.org`)).id)
  const [newest = '', older, confirmed] = ids
  const { ownerPool } = server.database
  await ownerPool.query(`update auth."user" set "createdAt" = now() - interval '25 hours' where id = $1`, [older])
  await ownerPool.query('update auth."user" set "emailVerified" = true where id = $1', [confirmed])
  expect(await accounts.newUnconfirmed(ids, 24)).toEqual([newest])
  expect((await accounts.newUnconfirmed(ids, 26)).toSorted()).toEqual([newest, older].toSorted())
  expect(await accounts.newUnconfirmed([], 24)).toEqual([])
  await close()
})

test('endpoints of the accounts library that are not in the contract are not served', async () => {
  for (const path of ['/delete-user', '/sign-in/social', '/error', '/ok']) {
    const response = await post(path, {})
    expect(response.status, path).toBe(404)
    expect(response.body.code).toBe('not_found')
  }
})

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
