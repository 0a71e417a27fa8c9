import { randomBytes, randomUUID } from 'node:crypto'
import { aClinic, aMember, aPng, type MailServer, mailServer, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, serverOn, signIn, signUp } from '../../../test/running-server.ts'
import {
  accountPassword,
  aPersonWithApp,
  challengeOf,
  codeOf,
  post,
  setUpApp,
} from '../../../test/second-factor-steps.ts'

// Mails are sent in the background.
const arrivesWithinMs = 60_000
let mails: MailServer
let server: RunningServer

beforeAll(async () => {
  mails = await mailServer()
  server = await runningServer({ HOLDFAST_WORKER: 'on', SMTP_URL: mails.url, HOLDFAST_MAIL_FROM: 'desk@example.org' })
})
afterAll(async () => {
  await server.end()
  await mails.end()
})

const ask = (email: string, language?: string) =>
  call(`${server.url}/api/auth/request-password-reset`, {
    method: 'POST',
    body: { email, ...(language === undefined ? {} : { language }) },
  })

/** All mails but those that confirm the address of a new account, or announce sign-ins and new passwords. */
const mailsTo = (to: string) =>
  mails.mails.filter(
    ({ recipients, text }) =>
      recipients.includes(to) && !/\/(confirm-email#|account\b|forgot-password)/.test(text ?? ''),
  )

const arrived = (to: string, count = 1) =>
  until(async () => mailsTo(to)[count - 1], `${count} mails to ${to}`, arrivesWithinMs)

const tokenIn = ({ text = '' }: { text?: string | undefined }) => /\/reset-password#([\w-]{32})/.exec(text)?.[1] ?? ''
const reset = (token: string, newPassword: string) => post(server.url, 'reset-password', { token, newPassword })

/** Chooses a password with a link by e-mail, the account's `count`th. */
async function resetByMail(email: string, newPassword: string, count = 1): Promise<unknown> {
  await ask(email)
  const { status, body } = await reset(tokenIn(await arrived(email, count)), newPassword)
  expect(status).toBe(200)
  return body.passkeys
}

/** Somebody with an authenticator app, a passkey and a calendar feed. */
async function aPersonWithFactors() {
  const person = await aPersonWithApp(server, `${randomUUID()}@example.org`)
  await addPasskey(person.id)
  await addFeed(person.id)
  return person
}

const addPasskey = (accountId: string) =>
  server.database.ownerPool.query(sql`
    insert into auth.passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
     values (${accountId}, 'A key', gen_random_uuid()::text, 'x', 0, '[]', now())`)

/** @param hours how long ago */
const confirm = (accountId: string, isConfirmed = true, hours = 1000) =>
  server.database.ownerPool.query(sql`update auth."user"
      set "emailVerified" = ${isConfirmed}, "emailVerifiedAt" = now() - make_interval(hours => ${hours})
      where id = ${accountId}`)

async function ageFactors(accountId: string, days = 4): Promise<void> {
  const older = "$2 * interval '1 day'"
  for (const statement of [
    `update auth.totp set "begunAt" = "begunAt" - ${older}, "confirmedAt" = "confirmedAt" - ${older}`,
    `update auth.passkey set "createdAt" = "createdAt" - ${older}`,
  ]) {
    await server.database.ownerPool.query(`${statement} where "userId" = $1`, [accountId, days])
  }
}

const addFeed = (accountId: string) =>
  server.database.ownerPool.query(
    `insert into holdfast.calendar_feed (subject_id, kind, token_hash, created_by, language)
     values ($1, 'account', $2, $1, 'en')`,
    [accountId, randomBytes(32)],
  )

async function rowsOf(accountId: string) {
  const { rows } = await server.database.ownerPool.query(sql`
    select (select count(*)::int from auth.totp where "userId" = u.id) as apps,
          (select count(*)::int from auth."recoveryCode" where "userId" = u.id) as codes,
          (select count(*)::int from auth.passkey where "userId" = u.id) as passkeys,
          (select count(*)::int from holdfast.calendar_feed where created_by = u.id) as feeds,
          (select count(*)::int from auth.session where "userId" = u.id) as sessions
     from auth."user" u where id = ${accountId}`)
  return rows[0]
}

const nothing = { apps: 0, codes: 0, passkeys: 0, feeds: 0, sessions: 0 }
const factors = { apps: 1, codes: 10, passkeys: 1, feeds: 0, sessions: 0 }

test('what is requested is processed at once, and not when all requests are looked for again', async () => {
  const lookedForEveryMs = 5_000
  const requests = 4
  const beganAt = performance.now()
  for (let request = 0; request < requests; request += 1) {
    await ask(`${randomUUID()}@example.org`)
    await until(async () => {
      const { rowCount } = await server.database.ownerPool.query('select from holdfast.account_mail where is_request')
      return rowCount === 0
    }, 'the request to be processed')
  }
  expect(performance.now() - beganAt).toBeLessThan((requests - 1) * lookedForEveryMs)
})

test('whoever has forgotten the password gets a link that sets another one, once', async () => {
  const email = `${randomUUID()}@example.org`
  await signUp(server.url, email)
  expect(await ask(email.toUpperCase(), 'de')).toMatchObject({ status: 200, body: { status: true } })
  const mail = await arrived(email)
  expect(mail.subject).toContain('Neues Passwort')
  expect(mail.from).toMatchObject({ address: 'desk@example.org' })
  const token = tokenIn(mail)
  expect((await reset(token, 'correct horse battery')).status).toBe(200)
  expect((await reset(token, 'correct horse battery')).status).toBe(422)
  const signIn = (password: string) =>
    call(`${server.url}/api/auth/sign-in/email`, { method: 'POST', body: { email, password } })
  expect((await signIn('correct horse battery')).status).toBe(200)
  expect((await signIn('a password of ten')).status).toBe(401)
})

test('the first link by e-mail removes what a stranger set up in the account; later ones keep factors', async () => {
  const stranger = await aPersonWithFactors()
  expect(await resetByMail(stranger.email, 'chosen by the owner')).toEqual([])
  expect(await rowsOf(stranger.id)).toEqual(nothing)
  expect((await call(`${server.url}/api/v1/me`, { bearer: stranger.token })).status).toBe(401)
  const owner = await signIn(server.url, { email: stranger.email, password: 'chosen by the owner' })
  const { secret } = (await post(server.url, 'totp/begin', { password: 'chosen by the owner' }, owner)).body
  expect((await post(server.url, 'totp/confirm', { code: codeOf(String(secret)) }, owner)).status).toBe(200)
  await addPasskey(stranger.id)
  await addFeed(stranger.id)
  await ageFactors(stranger.id)
  expect(await resetByMail(stranger.email, 'forgotten once more', 2)).toEqual(['A key'])
  expect(await rowsOf(stranger.id)).toEqual(factors)
  await challengeOf(server.url, stranger.email, 'forgotten once more')
})

test.for([
  { who: 'somebody with a role and an address that was never confirmed', isConfirmed: false, days: 0, kept: factors },
  { who: 'somebody with a role and factors of more than three days', isConfirmed: true, days: 4, kept: factors },
  { who: 'somebody with a role and younger factors (the control)', isConfirmed: true, days: 2, kept: nothing },
])('$who: the mailbox alone does not replace older factors', async ({ isConfirmed, days, kept }) => {
  const member = await aPersonWithFactors()
  await confirm(member.id, isConfirmed)
  await aMember(server.database, await aClinic(server.database), { role: 'admin', accountId: member.id })
  await ageFactors(member.id, days)
  await resetByMail(member.email, 'chosen in the mailbox')
  expect(await rowsOf(member.id)).toEqual(kept)
})

test.for([
  { who: 'the owner replaces an app of more than three days', days: 4, isReplaced: true, kept: { apps: 1 } },
  { who: 'the owner adds a passkey beside one', days: 4, isReplaced: false, kept: { apps: 1, passkeys: 1 } },
  { who: 'a thief adds an app, removes it and adds it again', days: 0, isReplaced: true, kept: { apps: 0 } },
  { who: 'a thief adds an app and a passkey', days: 0, isReplaced: false, kept: { apps: 0, passkeys: 0 } },
])('$who: what the mailbox alone removes', async ({ days, isReplaced, kept }) => {
  const person = await aPersonWithApp(server, `${randomUUID()}@example.org`)
  await confirm(person.id)
  await ageFactors(person.id, days)
  if (isReplaced) {
    const removed = await post(server.url, 'totp/remove', { password: accountPassword }, person.token)
    expect(removed.status).toBe(200)
    await setUpApp(server, person.token)
  } else await addPasskey(person.id)
  await resetByMail(person.email, 'chosen in the mailbox')
  expect(await rowsOf(person.id)).toMatchObject(kept)
})

test('an app that a thief adds after the owner has removed theirs is removed by the mailbox', async () => {
  const person = await aPersonWithApp(server, `${randomUUID()}@example.org`)
  await confirm(person.id)
  await ageFactors(person.id, 4)
  const removed = await post(server.url, 'totp/remove', { password: accountPassword }, person.token)
  expect(removed.status).toBe(200)
  await setUpApp(server, await signIn(server.url, { email: person.email, password: accountPassword }))
  await resetByMail(person.email, 'chosen in the mailbox')
  expect(await rowsOf(person.id)).toMatchObject({ apps: 0 })
})

test('a second link to an address that was just confirmed removes no factor of a person with a role', async () => {
  const member = await aPersonWithFactors()
  await aMember(server.database, await aClinic(server.database), { role: 'admin', accountId: member.id })
  await resetByMail(member.email, 'chosen in the mailbox')
  await resetByMail(member.email, 'chosen there once more', 2)
  expect(await rowsOf(member.id)).toEqual(factors)
})

test.for([
  { what: 'added during the wait of a new address', provenHours: 73, factorHours: 72.5, kept: nothing },
  { what: 'added long before it', provenHours: 73, factorHours: 240, kept: factors },
  { what: 'added during the wait, three days after its end', provenHours: 145, factorHours: 144, kept: factors },
])('a factor that was $what', async ({ provenHours, factorHours, kept }) => {
  const person = await aPersonWithFactors()
  await confirm(person.id, true, provenHours)
  await ageFactors(person.id, factorHours / 24)
  await resetByMail(person.email, 'chosen in the mailbox')
  expect(await rowsOf(person.id)).toEqual(kept)
})

test.for([
  { since: 'long', hours: 73, isLeft: false },
  { since: 'less than three days (the control)', hours: 71, isLeft: true },
])('an app that a thief has set up is removed by a link to an address of $since', async ({ hours, isLeft }) => {
  const thief = await aPersonWithApp(server, `${randomUUID()}@example.org`)
  const { email } = thief
  await confirm(thief.id)
  await server.database.ownerPool.query(sql`insert into auth."formerEmail" ("userId", digest, "changedAt")
      values (${thief.id}, 'of the address before', now() - make_interval(hours => ${hours}))`)
  await resetByMail(email, 'chosen by the owner')
  const { body } = await post(server.url, 'sign-in/email', { email, password: 'chosen by the owner' })
  expect(body.secondStep !== undefined).toBe(isLeft)
})

test('an address without an account gets the same response and no mail, and nobody gets two in a row', async () => {
  const [known, unknown] = [`${randomUUID()}@example.org`, `${randomUUID()}@example.org`]
  await signUp(server.url, known)
  const responses = [await ask(unknown), await ask(known), await ask(known), await ask(unknown)]
  expect(responses.map(({ status, text }) => [status, text])).toEqual(Array(4).fill([200, '{"status":true}']))
  await arrived(known)
  // The mails go over one connection after another: this one was sent last.
  const last = `${randomUUID()}@example.org`
  await signUp(server.url, last)
  await ask(last)
  await arrived(last)
  expect(mailsTo(known)).toHaveLength(1)
  expect(mailsTo(unknown)).toHaveLength(0)
  expect(server.logText()).not.toContain(known)
})

test('requests for a new password keep nobody at the address from signing in', async () => {
  const limited = await serverOn(server.database, {
    SMTP_URL: mails.url,
    HOLDFAST_RATE_LIMIT: 'on',
    HOLDFAST_TRUSTED_PROXIES: '1',
    HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: '100',
    HOLDFAST_LIMIT_SIGN_INS_PER_IP: '3',
  })
  try {
    const send = (path: string, body: object) =>
      post(limited.url, path, body, undefined, { 'x-forwarded-for': '198.51.100.77' })
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) {
      statuses.push((await send('request-password-reset', { email: `${randomUUID()}@example.org` })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429])
    expect((await send('sign-in/email', { email: 'unknown@example.org', password: 'not this one' })).status).toBe(401)
  } finally {
    await limited.stop()
  }
})

test('the security log has each request, and each link that was created', async () => {
  const [known, unknown] = [`${randomUUID()}@example.org`, `${randomUUID()}@example.org`]
  const { id } = await signUp(server.url, known)
  await ask(unknown)
  await ask(known)
  await arrived(known)
  const kinds = await until(
    async () => {
      const { rows } = await server.database.ownerPool.query(sql`select kind from holdfast.audit_event
          where subject_id = ${id} and kind like 'password_link%' order by kind`)
      return rows.length < 2 ? undefined : rows.map(({ kind }) => kind)
    },
    'the events of the account',
    arrivesWithinMs,
  )
  expect(kinds).toEqual(['password_link_created', 'password_link_requested'])
})

test('an invitation is sent to its address, with the same link, if the address of the site is set', async () => {
  const clinic = await aClinic(server.database, { name: 'Riverside' })
  const admin = await signUp(server.url, `${randomUUID()}@example.org`)
  await aMember(server.database, clinic, { role: 'admin', accountId: admin.id })
  const image = aPng()
  const logoUrl = `${server.url}/api/v1/clinics/${clinic.id}/logo`
  const logoBody = { image: image.toString('base64') }
  expect((await call(logoUrl, { method: 'PUT', body: logoBody, bearer: admin.token })).status).toBe(204)
  const invite = async (env: Record<string, string>, isMailed: boolean) => {
    const mailing = await serverOn(server.database, { SMTP_URL: mails.url, ...env })
    try {
      const email = `${randomUUID()}@example.org`
      const url = `${mailing.url}/api/v1/clinics/${clinic.id}/invitations`
      const created = await call(url, { method: 'POST', body: { email, role: 'staff' }, bearer: admin.token })
      expect(created.status).toBe(201)
      return { email, link: String(created.body.link), mail: isMailed ? await arrived(email) : null }
    } finally {
      // It waits for mails that are being sent.
      await mailing.stop()
    }
  }
  const withAddress = await invite({ HOLDFAST_URL: 'http://book.example.org' }, true)
  expect(withAddress.mail?.subject).toBe('Riverside invites you')
  expect(withAddress.mail?.text).toContain(withAddress.link)
  const [, cid] = /<img src="cid:([^"]+)" alt="Riverside"/.exec(withAddress.mail?.html ?? '') ?? []
  const logo = withAddress.mail?.attachments.find(({ contentId }) => contentId === `<${cid}>`)
  expect(Buffer.from(logo?.content as ArrayBuffer)).toEqual(image)
  expect(withAddress.link).toMatch(/^http:\/\/book\.example\.org\/invitation#/)
  // Else the link has whatever Host the caller sends.
  const { email, link } = await invite({}, false)
  expect(link).toContain('/invitation#')
  expect(mailsTo(email)).toEqual([])
})

test('a server without a mail server says so', async () => {
  const silent = await runningServer()
  try {
    const body = { email: 'ada@example.org' }
    const response = await call(`${silent.url}/api/auth/request-password-reset`, { method: 'POST', body })
    expect(response).toMatchObject({ status: 409, body: { code: 'mail_unavailable' } })
  } finally {
    await silent.end()
  }
})
