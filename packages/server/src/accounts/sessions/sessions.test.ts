import { randomUUID } from 'node:crypto'
import { signedInAgo } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { call, serverOfFile, serverOn, signIn, signUp } from '../../../test/running-server.ts'

const server = await serverOfFile()

const post = (path: string, body: unknown, bearer?: string, headers: Record<string, string> = {}) =>
  call(`${server.url}/api/auth${path}`, { method: 'POST', body, headers, ...(bearer === undefined ? {} : { bearer }) })
const me = (bearer: string, url = server.url) => call(`${url}/api/v1/me`, { bearer })

describe('sessions', () => {
  test('last 30 days, and an expired one gets 401', async () => {
    const { id, token } = await signUp(server.url, 'expires@example.org')
    const { rows } = await server.database.ownerPool.query(sql`select extract(epoch
        from "expiresAt" - now()) / 86400 as days from auth.session where "userId" = ${id}`)
    expect(Number(rows[0].days)).toBeCloseTo(30, 2)
    await server.database.ownerPool.query(sql`update auth.session set "expiresAt" = now() - interval '1 s'
        where "userId" = ${id}`)
    const refused = await me(token)
    expect(refused.status).toBe(401)
    expect(refused.body.code).toBe('unauthenticated')
    expect(refused.headers.get('www-authenticate')).toContain('Bearer')
  })

  test('sign-out ends the session at once, for Bearer and for the cookie', async () => {
    const { token } = await signUp(server.url, 'leaves@example.org')
    expect((await me(token)).status).toBe(200)
    expect((await post('/sign-out', {}, token)).status).toBe(200)
    expect((await me(token)).status).toBe(401)

    const response = await post('/sign-in/email', { email: 'leaves@example.org', password: 'a password of ten' })
    const cookie = (response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    const out = await post('/sign-out', {}, undefined, { cookie, origin: server.url })
    expect(out.status).toBe(200)
    expect(out.headers.getSetCookie()[0]).toMatch(/Max-Age=0/)
    expect((await call(`${server.url}/api/v1/me`, { headers: { cookie } })).status).toBe(401)
    // A public page still opens with the old cookie, and signing in again works.
    expect((await call(`${server.url}/api/v1/clinics`, { headers: { cookie } })).status).toBe(200)
    const again = { email: 'leaves@example.org', password: 'a password of ten' }
    expect((await post('/sign-in/email', again, undefined, { cookie })).status).toBe(200)
  })

  test.for<[string, unknown]>([
    ['a field of the library', { callbackURL: 1, state: 1 }],
    ['a list', []],
    ['null', 'null'],
    ['a text', '"x"'],
  ])('sign-out ends the session, also with %s as its body', async ([, body]) => {
    const { token } = await signUp(server.url, `${randomUUID()}@example.org`)
    expect((await post('/sign-out', body, token)).status).toBe(200)
    expect((await me(token)).status).toBe(401)
  })

  test('an empty body with a JSON header signs out too', async () => {
    const { token } = await signUp(server.url, 'empty@example.org')
    expect((await post('/sign-out', '', token)).status).toBe(200)
    expect((await me(token)).status).toBe(401)
  })

  test('a new password ends the other sessions if the request says so', async () => {
    const { token } = await signUp(server.url, 'changes@example.org')
    const other = await signIn(server.url, { email: 'changes@example.org', password: 'a password of ten' })
    expect((await me(other)).status).toBe(200)
    const change = { currentPassword: 'a password of ten', newPassword: 'another password', revokeOtherSessions: true }
    expect((await post('/change-password', { ...change, currentPassword: 'wrong one' }, token)).status).toBe(401)
    expect((await me(other)).status).toBe(200)
    const changed = await post('/change-password', change, token)
    expect(changed.status).toBe(200)
    expect((await me(other)).status).toBe(401)
    expect((await me(String(changed.body.token))).status).toBe(200)
  })

  test('all of an account’s sessions can be listed and revoked, by nobody else', async () => {
    const { token } = await signUp(server.url, 'many@example.org')
    const other = await signIn(server.url, { email: 'many@example.org', password: 'a password of ten' })
    const listed = await call(`${server.url}/api/auth/list-sessions`, { bearer: token })
    expect(listed.body.value).toMatchObject([{ isCurrent: expect.any(Boolean) }, { isCurrent: expect.any(Boolean) }])
    const current = (await call(`${server.url}/api/auth/get-session`, { bearer: other })).body
    expect(current).toMatchObject({ session: { isCurrent: true }, user: { email: 'many@example.org' } })
    const id = (current.session as { id: string }).id
    expect((await me(other)).status).toBe(200)
    const { token: stranger } = await signUp(server.url, 'stranger@example.org')
    expect((await post('/revoke-session', { id }, stranger)).status).toBe(200)
    expect((await post('/revoke-session', { id })).status).toBe(401)
    expect((await me(other)).status).toBe(200)
    expect((await post('/revoke-session', { id }, token)).status).toBe(200)
    expect((await me(other)).status).toBe(401)
    expect((await me(token)).status).toBe(200)
    expect((await call(`${server.url}/api/auth/get-session`)).text).toBe('null')
  })

  test('ending sessions needs the password, unless the sign-in was a moment ago', async () => {
    const { id, token } = await signUp(server.url, 'again@example.org')
    const ends: [path: string, body: object][] = [
      ['/revoke-session', { id: crypto.randomUUID() }],
      ['/revoke-other-sessions', {}],
      ['/revoke-sessions', {}],
    ]
    for (const [path, body] of ends.slice(0, 2)) expect((await post(path, body, token)).status).toBe(200)
    await signedInAgo(server.database, id, 11)
    for (const [path, body] of ends) {
      const refused = { status: 401, body: { code: 'password_wrong', errors: [{ path: '/password' }] } }
      expect(await post(path, body, token)).toMatchObject(refused)
      expect(await post(path, { ...body, password: 'not this one' }, token)).toMatchObject(refused)
      expect((await me(token)).status).toBe(200)
    }
    for (const [path, body] of ends) {
      expect((await post(path, { ...body, password: 'a password of ten' }, token)).status).toBe(200)
    }
    expect((await me(token)).status).toBe(401)
  })

  test('an account has 100 at most: a sign-in ends the one that was used least recently', async () => {
    const { id, token } = await signUp(server.url, 'hoards@example.org')
    await server.database.ownerPool.query(sql`
      insert into auth.session ("userId", token, "expiresAt", "createdAt", "updatedAt")
       select ${id}, 'sha256:planted ' || n, now() + interval '1 day', now(), now() - n * interval '1 minute'
         from generate_series(1, 99) n`)
    const left = async () => {
      const text = `select count(*)::integer as all, bool_or(token = 'sha256:planted 99') as oldest,
                           bool_or(token = 'sha256:planted 98') as next from auth.session where "userId" = $1`
      return (await server.database.ownerPool.query(text, [id])).rows[0]
    }
    expect(await left()).toEqual({ all: 100, oldest: true, next: true })
    await signIn(server.url, { email: 'hoards@example.org', password: 'a password of ten' })
    expect(await left()).toEqual({ all: 100, oldest: false, next: true })
    expect((await me(token)).status).toBe(200)
  })

  test('a page of this site gets its token in the cookie alone, a program in the body too', async () => {
    const body = { email: 'pages@example.org', password: 'a password of ten' }
    await signUp(server.url, body.email)
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: server.url }]) {
      const page = await post('/sign-in/email', body, undefined, headers)
      expect([page.status, page.body.token, page.headers.get('set-auth-token')]).toEqual([200, null, null])
      const cookie = (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
      const token = decodeURIComponent(cookie.split('=')[1] ?? '')
      expect(page.text).not.toContain(token.split('.')[0])
      const change = { currentPassword: body.password, newPassword: 'another password', revokeOtherSessions: true }
      const changed = await post('/change-password', change, undefined, { cookie, ...headers })
      expect([changed.status, changed.body.token, changed.headers.get('set-auth-token')]).toEqual([200, null, null])
      body.password = 'a password of ten'
      const back = { currentPassword: 'another password', newPassword: body.password, revokeOtherSessions: true }
      const next = (changed.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
      expect((await post('/change-password', back, undefined, { cookie: next, ...headers })).status).toBe(200)
    }
    const program = await post('/sign-in/email', body)
    expect(await me(String(program.body.token))).toMatchObject({ status: 200 })
    expect(program.headers.get('set-auth-token')).not.toBeNull()
  })

  test('all others can be ended, or all', async () => {
    const { token } = await signUp(server.url, 'ends@example.org')
    const again = () => signIn(server.url, { email: 'ends@example.org', password: 'a password of ten' })
    const [second, third] = [await again(), await again()]
    expect((await post('/revoke-other-sessions', {}, token)).status).toBe(200)
    expect([(await me(second)).status, (await me(third)).status, (await me(token)).status]).toEqual([401, 401, 200])
    const fourth = await again()
    expect((await post('/revoke-sessions', {}, token)).status).toBe(200)
    expect([(await me(fourth)).status, (await me(token)).status]).toEqual([401, 401])
  })

  test('no response but that of the sign-in contains a session token, nor does the database', async () => {
    const { id, token } = await signUp(server.url, 'secret@example.org')
    const bare = token.split('.')[0] ?? ''
    expect(token).toMatch(/^[A-Za-z0-9]{32}\.[A-Za-z0-9+/]{43}=$/)
    for (const path of ['get-session', 'list-sessions', 'token']) {
      const response = await call(`${server.url}/api/auth/${path}`, { bearer: token })
      expect(response.status).toBe(200)
      expect(response.text, path).not.toContain(bare)
    }
    const stored = () =>
      server.database.ownerPool.query(sql`select row_to_json(s)::text as text, token from auth.session s
          where "userId" = ${id}`)
    const { rows } = await stored()
    expect(rows[0].text).not.toContain(bare)
    expect(rows[0].token).toMatch(/^sha256:[\w-]{43}$/)
    // Neither what is stored nor the token without its signature is a credential.
    for (const bearer of [bare, rows[0].token]) expect((await me(bearer)).status).toBe(401)
    const cookie = `better-auth.session_token=${bare}`
    expect((await call(`${server.url}/api/v1/me`, { headers: { cookie } })).status).toBe(401)
  })

  test('signing in again in the same browser ends the session before', async () => {
    await signUp(server.url, 'again@example.org')
    const account = { email: 'again@example.org', password: 'a password of ten' }
    const first = await post('/sign-in/email', account)
    const cookie = (first.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    const status = async () => (await call(`${server.url}/api/v1/me`, { headers: { cookie } })).status
    const headers = { cookie, origin: server.url }
    // The control: a failed sign-in ends nothing.
    expect((await post('/sign-in/email', { ...account, password: 'wrong' }, undefined, headers)).status).toBe(401)
    expect(await status()).toBe(200)
    expect((await post('/sign-in/email', account, undefined, headers)).status).toBe(200)
    expect(await status()).toBe(401)
  })

  test('end when they are not used: after a week, for members of clinics after half a day', async () => {
    const administratorToken = await signIn(server.url)
    const { id, token } = await signUp(server.url, 'idle@example.org')
    const usedHoursAgo = (hours: number) =>
      server.database.ownerPool.query(sql`
        update auth.session set "updatedAt" = now() - make_interval(hours => ${hours})`)
    const usedAt = async () => {
      const { rows } = await server.database.ownerPool.query(sql`select extract(epoch
          from now() - "updatedAt") as seconds from auth.session where "userId" = ${id}`)
      return Number(rows[0].seconds)
    }
    await usedHoursAgo(167)
    expect((await me(token)).status).toBe(200)
    await expect.poll(usedAt).toBeLessThan(3600)
    await usedHoursAgo(13)
    const status = async (bearer: string) => {
      const other = await serverOn(server.database)
      const { status: found } = await me(bearer, other.url)
      await other.stop()
      return found
    }
    expect(await status(administratorToken)).toBe(401)
    expect(await status(token)).toBe(200)
    await usedHoursAgo(169)
    const fresh = await signIn(server.url, { email: 'idle@example.org', password: 'a password of ten' })
    expect((await call(`${server.url}/api/auth/list-sessions`, { bearer: fresh })).body.value).toHaveLength(1)
    expect(await status(token)).toBe(401)
  })

  test('changing the password with a wrong current one is another problem than without a session', async () => {
    const { token } = await signUp(server.url, 'mistyped@example.org')
    const change = { currentPassword: 'wrong', newPassword: 'another password' }
    const wrong = await post('/change-password', change, token)
    expect([wrong.status, wrong.body.code]).toEqual([401, 'password_wrong'])
    expect(wrong.body.errors).toMatchObject([{ path: '/currentPassword' }])
    await post('/sign-out', {}, token)
    const ended = await post('/change-password', change, token)
    expect([ended.status, ended.body.code]).toEqual([401, 'unauthenticated'])
  })

  test('five wrong guesses of the current password make the next ones wait', async () => {
    const limited = await serverOn(server.database, { HOLDFAST_RATE_LIMIT: 'on' })
    const { token } = await signUp(server.url, 'guessed@example.org')
    const change = (currentPassword: string) =>
      call(`${limited.url}/api/auth/change-password`, {
        method: 'POST',
        bearer: token,
        body: { currentPassword, newPassword: 'another password' },
      })
    const guesses: number[] = []
    for (let round = 0; round < 5; round += 1) guesses.push((await change('wrong')).status)
    expect(guesses).toEqual([401, 401, 401, 401, 401])
    const refused = await change('a password of ten')
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
    await limited.stop()
  })

  test('a session that another process revokes ends here within seconds', async () => {
    const second = await serverOn(server.database)
    try {
      const { token } = await signUp(server.url, 'elsewhere@example.org')
      expect((await me(token, second.url)).status).toBe(200)
      await post('/sign-out', {}, token)
      expect((await me(token)).status).toBe(401)
      await expect.poll(async () => (await me(token, second.url)).status, { interval: 250 }).toBe(401)
    } finally {
      await second.stop()
    }
  })

  test.each([
    ['nothing', ''],
    ['a scheme alone', 'Bearer'],
    ['two tokens', 'Bearer a b'],
    ['another scheme', 'Basic YTpi'],
    ['no token of any kind', 'Bearer x'],
    ['a session token nobody has', `Bearer ${'A'.repeat(32)}`],
    ['a very long one', `Bearer ${'A'.repeat(5000)}`],
  ])('the Authorization header with %s gets 401 also where none is needed', async (_what, authorization) => {
    const response = await call(`${server.url}/api/v1/clinics`, { headers: { authorization } })
    expect(response.status).toBe(401)
    expect(response.body.code).toBe('unauthenticated')
  })

  test('a cookie with a wrong signature is not a credential', async () => {
    const [signed, other] = [
      (await signUp(server.url, 'forged@example.org')).token,
      (await signUp(server.url, 'forger@example.org')).token,
    ]
    const withCookie = async (value: string) => {
      const cookie = `better-auth.session_token=${encodeURIComponent(value)}`
      return (await call(`${server.url}/api/v1/me`, { headers: { cookie } })).status
    }
    const [token = ''] = signed.split('.')
    const signatures = ['A'.repeat(43), `${'A'.repeat(43)}=`, other.split('.')[1]]
    for (const forged of [token, ...signatures.map((signature) => `${token}.${signature}`)]) {
      expect([await withCookie(forged), (await me(forged)).status], forged).toEqual([401, 401])
    }
    // The control: with its own.
    expect([await withCookie(signed), (await me(signed)).status]).toEqual([200, 200])
  })
})
