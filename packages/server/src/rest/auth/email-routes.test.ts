import { randomUUID } from 'node:crypto'
import { aClinic, aMember, type MailServer, mailServer, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, signIn, signUp } from '../../../test/running-server.ts'
import { accountPassword as password, post } from '../../../test/second-factor-steps.ts'

// Mails are sent in the background.
const arrivesWithinMs = 60_000
let mails: MailServer
let server: RunningServer

beforeAll(async () => {
  mails = await mailServer()
  server = await runningServer({ HOLDFAST_WORKER: 'on', SMTP_URL: mails.url })
})
afterAll(async () => {
  await server.end()
  await mails.end()
})

const anAddress = () => `${randomUUID()}@example.org`
const links = { confirm: /\/confirm-email#([\w-]{32})/, undo: /\/undo-email#([\w-]{32})/ }

/** The mails to an address whose text matches. */
const mailsTo = (to: string, text = /./) =>
  mails.mails.filter((mail) => mail.recipients.includes(to) && text.test(mail.text ?? ''))

const arrived = (to: string, text: RegExp = links.confirm, count = 1) =>
  until(
    async () => mailsTo(to, text)[count - 1],
    () => `${count} mails to ${to}`,
    arrivesWithinMs,
  )

/** Until all requests were processed, and all mails sent. */
const untilProcessed = () =>
  until(
    async () =>
      (await server.database.ownerPool.query('select from holdfast.account_mail')).rowCount === 0 ? true : undefined,
    () => 'the requests to be processed',
    arrivesWithinMs,
  )

async function tokenTo(to: string, link: keyof typeof links = 'confirm', count = 1): Promise<string> {
  return links[link].exec((await arrived(to, links[link], count)).text ?? '')?.[1] ?? ''
}

async function statusOf(token: string) {
  return (await call(`${server.url}/api/auth/email`, { bearer: token })).body
}

async function aPerson() {
  const email = anAddress()
  return { email, ...(await signUp(server.url, email, password)) }
}

/** Somebody who has confirmed the address. */
async function aConfirmedPerson() {
  const person = await aPerson()
  expect((await verify(await tokenTo(person.email), person.token)).status).toBe(200)
  return person
}

const verify = (token: string, bearer?: string) => post(server.url, 'verify-email', { token }, bearer)
const change = (newEmail: string, bearer: string, more: object = { password }) =>
  post(server.url, 'change-email', { newEmail, ...more }, bearer)
const age = (accountId: string, minutes: number) =>
  server.database.ownerPool.query(
    `update auth."emailLink" set "sentAt" = "sentAt" - make_interval(mins => $1),
            "expiresAt" = "expiresAt" - make_interval(mins => $1) where "userId" = $2`,
    [minutes, accountId],
  )

test('who signs up gets a link in their language, which confirms the address once', async () => {
  const email = anAddress()
  const account = { name: 'Ada', email, password }
  expect((await post(server.url, 'sign-up/email', { ...account, language: 'de' })).body).toEqual({ status: true })
  const mail = await arrived(email)
  expect(mail.subject).toContain('bestätigen')
  const bearer = await signIn(server.url, { email, password })
  expect(await statusOf(bearer)).toEqual({ email, isConfirmed: false, canSend: true })
  const token = await tokenTo(email)
  expect(await verify(token, bearer)).toMatchObject({ status: 200, body: { email, isChanged: false } })
  expect(await statusOf(bearer)).toMatchObject({ isConfirmed: true })
  expect(await verify(token, bearer)).toMatchObject({ status: 422, body: { code: 'link_used' } })
  expect(server.logText()).not.toContain(email)
})

test('a link confirms nothing when it is opened, without its account, or after a day', async () => {
  const [person, other] = [await aPerson(), await aPerson()]
  const token = await tokenTo(person.email)
  // As a program does that checks mails: it sends no fragment, and presses no button.
  await call(`${server.url}/confirm-email`)
  expect((await call(`${server.url}/api/auth/verify-email?token=${token}`, { bearer: person.token })).status).toBe(405)
  expect((await verify(token)).status).toBe(401)
  expect((await verify(token, other.token)).body.code).toBe('link_used')
  await age(person.id, 24 * 60)
  expect((await verify(token, person.token)).body.code).toBe('link_used')
  expect(await statusOf(person.token)).toMatchObject({ isConfirmed: false })
  expect(await statusOf(other.token)).toMatchObject({ isConfirmed: false })
})

test('a sign-up with an address that has an account sends a notice to its owner, once a day, and no link', async () => {
  const owner = await aPerson()
  await arrived(owner.email)
  const signUpAgain = () =>
    post(server.url, 'sign-up/email', { name: 'Eve', email: owner.email, password: 'another password', language: 'de' })
  // The owner has sent the form twice.
  await signUpAgain()
  await untilProcessed()
  expect(mailsTo(owner.email)).toHaveLength(1)

  const aged = `update auth."user" set "createdAt" = "createdAt" - interval '1 hour' where id = $1`
  await server.database.ownerPool.query(aged, [owner.id])
  await signUpAgain()
  const notice = await arrived(owner.email, /\/sign-in\b/)
  expect(notice.subject).toContain('schon ein Konto')
  await signUpAgain()
  await untilProcessed()
  expect(mailsTo(owner.email)).toHaveLength(2)
  await server.database.ownerPool.query(
    `update auth.verification set "expiresAt" = now() where value = 'sign-up-notice ' || $1`,
    [owner.id],
  )
  await signUpAgain()
  await arrived(owner.email, /\/sign-in\b/, 2)
  const { rows } = await server.database.ownerPool.query('select from auth."emailLink" where "userId" = $1', [owner.id])
  expect(rows).toHaveLength(1)
})

test('the e-mail is sent again after a pause, five times a day at most, and not to a confirmed address', async () => {
  const person = await aPerson()
  await arrived(person.email)
  const again = () => post(server.url, 'send-verification-email', { language: 'ar' }, person.token)
  const tooSoon = await again()
  expect([tooSoon.status, tooSoon.body.code]).toEqual([429, 'rate_limited'])
  expect(Number(tooSoon.headers.get('retry-after'))).toBeGreaterThan(0)
  for (const [index, minutes] of [1, 5, 60, 240].entries()) {
    await age(person.id, minutes)
    expect((await again()).status).toBe(200)
    await arrived(person.email, links.confirm, index + 2)
  }
  await age(person.id, 600)
  expect((await again()).status).toBe(429)
  expect((await verify(await tokenTo(person.email, 'confirm', 5), person.token)).status).toBe(200)
  expect((await again()).status).toBe(200)
  const { rows } = await server.database.ownerPool.query(
    `select from auth."emailLink" where "userId" = $1 and "tokenHash" not like 'void:%'`,
    [person.id],
  )
  expect(rows).toEqual([])
})

test('an address gets three mails a day about changes to it, whichever accounts ask and confirm theirs', async () => {
  const email = anAddress()
  const people = [
    await aConfirmedPerson(),
    await aConfirmedPerson(),
    await aConfirmedPerson(),
    await aConfirmedPerson(),
  ]
  const changes = await Promise.all(people.map((person) => change(email, person.token)))
  expect(changes.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429])
  await arrived(email, links.confirm, 3)
  // Another address, which is confirmed, does not make room for a fourth.
  const [asked] = people.filter((_, index) => changes[index]?.status === 200)
  if (asked === undefined) throw new Error('Nobody asked.')
  await age(asked.id, 10)
  const own = anAddress()
  await change(own, asked.token)
  expect((await verify(await tokenTo(own), asked.token)).status).toBe(200)
  const refused = await change(email, asked.token)
  expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(23 * 3600)
})

test('another address needs the password and a link to it; then sign-ins use it, and the role stays', async () => {
  const person = await aConfirmedPerson()
  await aMember(server.database, await aClinic(server.database), { role: 'staff', accountId: person.id })
  const newEmail = anAddress()
  expect((await change(newEmail, person.token, {})).body.code).toBe('password_wrong')
  expect((await change(newEmail, person.token, { password: 'not this one' })).body.code).toBe('password_wrong')
  const own = await change(person.email.toUpperCase(), person.token)
  expect(own).toMatchObject({ status: 400, body: { errors: [{ path: '/newEmail' }] } })
  await post(server.url, 'request-password-reset', { email: person.email })
  const reset = /\/reset-password#([\w-]{32})/
  const resetToken = reset.exec((await arrived(person.email, reset)).text ?? '')?.[1] ?? ''

  expect((await change(newEmail.toUpperCase(), person.token)).status).toBe(200)
  const token = await tokenTo(newEmail)
  expect(await statusOf(person.token)).toMatchObject({ email: person.email })
  expect(await verify(token, person.token)).toMatchObject({ status: 200, body: { email: newEmail, isChanged: true } })
  const me = await call(`${server.url}/api/v1/me`, { bearer: person.token })
  expect(me.body).toMatchObject({ email: newEmail, memberships: [{ role: 'staff' }] })
  await signIn(server.url, { email: newEmail, password })
  const old = { email: person.email, password }
  expect((await post(server.url, 'sign-in/email', old)).status).toBe(401)
  const late = { token: resetToken, newPassword: 'chosen with the old address' }
  expect((await post(server.url, 'reset-password', late)).body.code).toBe('link_used')
})

test('the earlier address gets a link that takes the change back; nobody else can use it meanwhile', async () => {
  const person = await aConfirmedPerson()
  const [newEmail, stranger] = [anAddress(), await aConfirmedPerson()]
  await change(newEmail, person.token)
  await verify(await tokenTo(newEmail), person.token)
  const undoToken = await tokenTo(person.email, 'undo')
  const taken = { email: person.email, password: 'another password' }
  expect((await post(server.url, 'sign-up/email', { name: 'Eve', ...taken })).body).toEqual({ status: true })
  expect((await post(server.url, 'sign-in/email', taken)).status).toBe(401)
  expect((await change(person.email, stranger.token)).status).toBe(200)

  const undo = () => post(server.url, 'undo-email-change', { token: undoToken })
  expect((await undo()).status).toBe(200)
  expect((await call(`${server.url}/api/v1/me`, { bearer: person.token })).status).toBe(401)
  expect((await post(server.url, 'sign-in/email', { email: person.email, password })).status).toBe(401)
  const again = await withNewPassword(person.email)
  expect(await statusOf(again)).toMatchObject({ email: person.email, isConfirmed: true })
  expect((await undo()).body.code).toBe('link_used')
  expect(mailsTo(person.email, links.confirm)).toHaveLength(1)
})

test('an address that is left at the same moment is reserved for the account that had it', async () => {
  const person = await aConfirmedPerson()
  const insert = `insert into auth."user" (email, name, "emailVerified", "createdAt", "updatedAt")
                  values ($1, 'Eve', false, now(), now())`
  const leaving = await server.database.ownerPool.connect()
  try {
    await leaving.query('begin')
    await leaving.query('update auth."user" set email = $2 where id = $1', [person.id, anAddress()])
    await leaving.query(
      `insert into auth."emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt")
       values ($1, $2, $3, 'undo', now(), now() + interval '3 days')`,
      [person.id, randomUUID(), person.email],
    )
    const signingUp = server.database.appPool.query(insert, [person.email])
    const outcome = signingUp.then(
      () => 'done',
      (error: unknown) => error,
    )
    await until(
      async () =>
        (
          await server.database.ownerPool.query(
            `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into auth."user"%'
                and pid <> pg_backend_pid() and datname = current_database()`,
          )
        ).rows[0],
      () => 'the sign-up to wait',
    )
    await leaving.query('commit')
    expect(await outcome).toMatchObject({ code: '23505', message: expect.stringContaining('reserved') })
  } finally {
    await leaving.query('rollback')
    leaving.release()
  }
  // The account itself takes it back.
  await server.database.ownerPool.query('update auth."user" set email = $2 where id = $1', [person.id, person.email])
})

/** Chooses a new password by e-mail, and signs in. */
async function withNewPassword(email: string): Promise<string> {
  await post(server.url, 'request-password-reset', { email })
  const reset = /\/reset-password#([\w-]{32})/
  const token = reset.exec((await arrived(email, reset)).text ?? '')?.[1] ?? ''
  const newPassword = 'chosen by the owner'
  expect((await post(server.url, 'reset-password', { token, newPassword })).status).toBe(200)
  return signIn(server.url, { email, password: newPassword })
}

test.each([
  { who: 'of a patient', role: null, kept: [] },
  { who: "of a clinic's person", role: 'staff' as const, kept: ['old'] },
])('taking a change back removes what a thief added: passkeys $who, and calendar feeds', async ({ role, kept }) => {
  const person = await aConfirmedPerson()
  const clinic = await aClinic(server.database)
  if (role !== null) await aMember(server.database, clinic, { role, accountId: person.id })
  const { owner } = await aChangeBy(person)
  for (const [name, days] of [
    ['old', 30],
    ['stolen', 1],
  ] as const) {
    await server.database.ownerPool.query(
      `insert into auth.passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
       values ($1, $2, $3, 'key', 0, '[]', now() - make_interval(days => $4))`,
      [person.id, name, randomUUID(), days],
    )
  }
  const bearer = person.token
  expect((await call(`${server.url}/api/v1/me/calendar-feed`, { method: 'POST', body: {}, bearer })).status).toBe(201)
  expect((await post(server.url, 'undo-email-change', { token: owner })).status).toBe(200)
  const left = await server.database.ownerPool.query(
    `select (select coalesce(array_agg(name), '{}') from auth.passkey where "userId" = $1) as passkeys,
            (select count(*)::int from holdfast.calendar_feed where created_by = $1) as feeds`,
    [person.id],
  )
  expect(left.rows).toEqual([{ passkeys: kept, feeds: 0 }])
})

/** Changes the address. @returns the token for the earlier one */
async function aChangeBy(person: { id: string; email: string; token: string }): Promise<{ owner: string }> {
  const newEmail = anAddress()
  await age(person.id, 10)
  await change(newEmail, person.token)
  expect((await verify(await tokenTo(newEmail), person.token)).status).toBe(200)
  return { owner: await tokenTo(person.email, 'undo') }
}

test('an older account can be taken back by an address that it never confirmed', async () => {
  const person = await aPerson()
  await tokenTo(person.email)
  const older = `update auth."user" set "createdAt" = now() - interval '2 days' where id = $1`
  await server.database.ownerPool.query(older, [person.id])
  const { owner } = await aChangeBy(person)
  expect((await post(server.url, 'undo-email-change', { token: owner })).status).toBe(200)
  expect(await statusOf(await withNewPassword(person.email))).toMatchObject({ email: person.email })
})

test('the address of a new account that was never confirmed is notified, and cannot take the account', async () => {
  const person = await aPerson()
  await tokenTo(person.email)
  await age(person.id, 10)
  const newEmail = anAddress()
  await change(newEmail, person.token)
  await verify(await tokenTo(newEmail), person.token)
  const notice = await arrived(person.email, /had this address now has another one/)
  expect(notice.text).not.toMatch(links.undo)
})

test('an address that another account has got meanwhile, or has, is not taken', async () => {
  const [person, other] = [await aPerson(), await aPerson()]
  await arrived(person.email)
  await age(person.id, 10)
  expect((await change(other.email, person.token)).status).toBe(200)
  const newEmail = anAddress()
  await age(person.id, 10)
  await change(newEmail, person.token)
  const token = await tokenTo(newEmail)
  await signUp(server.url, newEmail)
  expect((await verify(token, person.token)).body.code).toBe('link_used')
  expect(await statusOf(person.token)).toMatchObject({ email: person.email })
  expect(mailsTo(other.email, /wants to use this address/)).toEqual([])
})

test('a sign-in in a new browser is announced with its name; the first one and known browsers are not', async () => {
  const person = await aConfirmedPerson()
  await until(
    async () => {
      const noted = 'select from auth."user" where id = $1 and "firstSignInAt" is not null'
      return (await server.database.ownerPool.query(noted, [person.id])).rowCount === 1 ? true : undefined
    },
    () => 'the first sign-in',
    arrivesWithinMs,
  )
  const account = { email: person.email, password }
  const firefox = 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0'
  const first = await post(server.url, 'sign-in/email', account, undefined, { 'user-agent': firefox })
  const notice = /in a browser where it was not used before/
  const mail = await arrived(person.email, notice)
  expect(mail.text).toContain('Firefox, Windows')
  expect(mail.text).toContain('/account')
  const cookie =
    first.headers
      .getSetCookie()
      .find((one) => one.startsWith('holdfast.browser'))
      ?.split(';')[0] ?? ''
  await post(server.url, 'sign-in/email', account, undefined, { cookie, 'user-agent': 'Edg/1' })
  const linked = { 'user-agent': 'https://evil.example/now' }
  await post(server.url, 'sign-in/email', account, undefined, linked)
  const next = await arrived(person.email, notice, 2)
  expect(next.text).not.toContain('evil')
  expect(next.text).toContain('Not known')
})

test('a server without a mail server says so, and that addresses cannot be confirmed', async () => {
  const silent = await runningServer()
  try {
    const { token } = await signUp(silent.url, anAddress(), password)
    expect((await call(`${silent.url}/api/auth/email`, { bearer: token })).body).toMatchObject({ canSend: false })
    for (const [path, body] of [
      ['send-verification-email', {}],
      ['change-email', { newEmail: anAddress(), password }],
    ] as const) {
      expect(await post(silent.url, path, body, token)).toMatchObject({
        status: 409,
        body: { code: 'mail_unavailable' },
      })
    }
  } finally {
    await silent.end()
  }
})
