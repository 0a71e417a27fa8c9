// Rest: each link that is sent by e-mail
import { randomUUID } from 'node:crypto'
import { inTransaction } from '@holdfast/engine'
import { aClinic, aMember, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, expect, test } from 'vitest'
import { anAddress, emailSteps, links } from '../../../test/email-steps.ts'
import { openTestAccounts } from '../../../test/open-test-accounts.ts'
import { call, runningServer, signIn, signUp } from '../../../test/running-server.ts'
import { accountPassword as password, post } from '../../../test/second-factor-steps.ts'
import { unprovenPause } from '../../accounts/emails/unproven-pause.ts'

const steps = await emailSteps()
afterAll(() => steps.end())
const { server, mailsTo, arrived, tokenTo, age, verify, change, aPerson, untilProcessed, statusOf, aConfirmedPerson } =
  steps

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
  // A program that checks mails sends no fragment, and presses no button.
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
  await server.database.ownerPool.query(sql`update auth.verification set "expiresAt" = now()
      where value = 'sign-up-notice ' || ${owner.id}`)
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
  const { rows } = await server.database.ownerPool.query(sql`select from auth."emailLink" where "userId" = ${person.id}
      and "tokenHash" not like 'void:%'`)
  expect(rows).toEqual([])
})

test('an address gets three mails a day about changes to it, then one for each other account, up to ten', async () => {
  const email = anAddress()
  const people = await Promise.all(Array.from({ length: 4 }, () => aConfirmedPerson()))
  // The account of the address's owner gets its link, although three others have asked before.
  const changes = await Promise.all(people.map((person) => change(email, person.token)))
  expect(changes.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  await arrived(email, links.confirm, 4)
  await server.database.ownerPool.query(
    `insert into auth."emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt")
     select $1, 'void:of strangers ' || n, $2, 'change', now(), now() + interval '1 day' from generate_series(1, 6) n`,
    [people[0]?.id, email],
  )
  expect((await change(email, (await aConfirmedPerson()).token)).status).toBe(429)
  // Another address, which is confirmed, does not make room for another mail.
  const [asked] = people
  if (asked === undefined) throw new Error('Nobody asked.')
  await age(asked.id, 10)
  const own = anAddress()
  await change(own, asked.token)
  expect((await verify(await tokenTo(own), asked.token)).status).toBe(200)
  const refused = await change(email, asked.token)
  expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(23 * 3600)
})

test('accounts of one network keep nobody in another from changing to an address, up to thirty', async () => {
  const [email, stranger, owner] = [anAddress(), await aConfirmedPerson(), await aConfirmedPerson()]
  const opened = await openTestAccounts(server.database)
  const outcomeOf = async ({ id }: { id: string }, network: string | null) => {
    await age(id, 10)
    const request = { newEmail: email, language: 'en', sessionId: null, network } as const
    return (await opened.accounts.createEmailLink(id, request, async () => undefined)).kind
  }
  const plant = (networks: string, count: number) =>
    server.database.ownerPool.query(
      `insert into auth."emailLink" ("userId", "tokenHash", email, purpose, "sentAt", "expiresAt", network)
       select $1, 'void:' || gen_random_uuid(), $2, 'change', now(), now() + interval '1 day', ${networks}
         from generate_series(1, $3) n`,
      [stranger.id, email, count],
    )
  await plant(`'198.51.100.0/24'`, 10)
  expect(await outcomeOf(owner, '198.51.100.0/24')).toBe('too_soon')
  expect(await outcomeOf(owner, null)).toBe('too_soon')
  expect(await outcomeOf(owner, '203.0.113.0/24')).toBe('created')
  await plant(`'10.0.' || n || '.0/24'`, 19)
  expect(await outcomeOf(await aConfirmedPerson(), '192.0.2.0/24')).toBe('too_soon')
  await opened.close()
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
  const resetToken = await tokenTo(person.email, 'reset')

  expect((await change(newEmail.toUpperCase(), person.token)).status).toBe(200)
  await expect
    .poll(async () => {
      const { rows } = await server.database.ownerPool.query(sql`select details from holdfast.audit_event
          where kind = 'email_change_requested' and actor_id = ${person.id}`)
      return rows
    })
    .toEqual([{ details: ['e-mail address'] }])
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
      return (await server.database.ownerPool.query(noted, [person.id])).rowCount === 1
    },
    'the first sign-in',
    60_000,
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

test('to an unproven address go five mails a day, then the first of accounts, and of networks', async () => {
  const email = anAddress()
  const pauses = async (accountId: string, networks: (string | null)[]) => {
    const found: boolean[] = []
    for (const network of networks) {
      const seconds = await inTransaction(server.database.appPool, async (transaction) => {
        await transaction.query('set local search_path = auth')
        return unprovenPause(transaction, { accountId, email, network })
      })
      found.push(seconds > 0)
    }
    return found
  }
  const none = (count: number) => Array.from({ length: count }, () => false)
  const strangers = '203.0.113.0/24'
  expect(
    await pauses(
      randomUUID(),
      Array.from({ length: 6 }, () => strangers),
    ),
  ).toEqual([...none(5), true])
  for (let n = 0; n < 5; n += 1) expect(await pauses(randomUUID(), [strangers])).toEqual([false])
  expect(await pauses(randomUUID(), [strangers, null])).toEqual([true, true])
  // The owner has another network, and is refused there, too, after the first mail.
  const owner = randomUUID()
  expect(await pauses(owner, ['198.51.100.0/24', '198.51.100.0/24'])).toEqual([false, true])
})
