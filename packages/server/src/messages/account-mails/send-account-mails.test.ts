// Rest: each way in which the sending of an e-mail ends
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMailer } from '@holdfast/adapters/smtp'
import {
  aClinic,
  aMember,
  createTestDatabase,
  type MailServer,
  mailServer,
  placesOfText,
  startMailServerProcess,
  until,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { call, type RunningServer, runningServer, settingsFor, signUp } from '../../../test/running-server.ts'
import { accountPassword as password, post } from '../../../test/second-factor-steps.ts'
import { serverProcess } from '../../../test/server-process.ts'
import { mailedLinks } from '../../compose/jobs/mailed-links.ts'
import { createLogger } from '../../observe/logger.ts'
import { startWorker } from '../../worker.ts'
import { sampleSettings } from '../previews/sample-messages.ts'
import { createAccountMails, noticeHours, sealedAccountMails } from './account-mails.ts'
import { type AccountMailDeps, sendAccountMails } from './send-account-mails.ts'

const arrivesWithinMs = 60_000
const secrets = [settingsFor({ ownerUrl: '', appUrl: '' }).HOLDFAST_SECRET ?? '']
const site = 'https://book.example.org'
const metricsToken = 'a token of the tests that is long enough'

/** It stores mails and requests, and sends nothing: it runs no jobs. */
let server: RunningServer
let smtp: MailServer

beforeAll(async () => {
  smtp = await mailServer()
  server = await runningServer({ SMTP_URL: smtp.url, HOLDFAST_URL: site, HOLDFAST_METRICS_TOKEN: metricsToken })
})
afterAll(async () => {
  await server.end()
  await smtp.end()
})

const anAddress = () => `${randomUUID()}@example.org`
const mailsTo = (to: string) => smtp.mails.filter(({ recipients }) => recipients.includes(to))

type Stored = { id: string; kind: string; sealed: string }

async function storedMails(): Promise<Stored[]> {
  const { rows } = await server.database.ownerPool.query<Stored>(`select id, kind, sealed from holdfast.account_mail
      where not is_request order by created_at`)
  return rows
}

/** The stored mails to an address, opened with the secret of the server. */
async function storedTo(to: string): Promise<(Stored & { url: string })[]> {
  const found = []
  for (const mail of await storedMails()) {
    const opened = JSON.parse((await sealedAccountMails(secrets).open(mail.sealed)) ?? '')
    const url = String(opened.context.url ?? opened.context.undo?.url)
    if (opened.to.address === to) found.push({ ...mail, url })
  }
  return found
}

const waitingFor = (to: string, count = 1) =>
  until(
    async () => {
      const stored = await storedTo(to)
      return stored.length === count ? stored : undefined
    },
    `${count} stored mails to ${to}`,
    arrivesWithinMs,
  )

const requestsLeft = () =>
  until(
    async () => {
      const { rows } = await server.database.ownerPool.query('select from holdfast.account_mail where is_request')
      return rows.length === 0
    },
    'all requests to be processed',
    arrivesWithinMs,
  )

/** Sends mails as a process that runs the jobs does. */
async function sending(over: Partial<AccountMailDeps> = {}) {
  const mailer = over.mailer ?? createMailer(smtp.url)
  const links = mailedLinks(server.database.appPool)
  const sealed = sealedAccountMails(secrets)
  const log = createLogger('silent')
  await sendAccountMails({
    pool: server.database.appPool,
    mailer,
    address: 'desk@example.org',
    sealed,
    links,
    pages: { ...sampleSettings.links, ticket: ({ bookingId }) => bookingId },
    log,
    ...over,
  })
  mailer.close()
}

const away: AccountMailDeps['mailer'] = {
  send: async () => ({ kind: 'failed', response: 'no connection' }),
  close: () => undefined,
}

/** Ends their pauses, and the times of attempts under way. */
const passPauses = () =>
  server.database.ownerPool.query(`
    update holdfast.account_mail
       set due_at = clock_timestamp(),
           attempt_until = case when attempt_until is not null then clock_timestamp() end`)

/** Somebody who signed up; nothing waits for their address. */
async function aPerson() {
  const email = anAddress()
  const person = { email, ...(await signUp(server.url, email, password)) }
  await waitingFor(email)
  await server.database.ownerPool.query('delete from holdfast.account_mail')
  return person
}

const askForPassword = (email: string) => post(server.url, 'request-password-reset', { email })

test('while the mail server is away, mails are attempted again; then each arrives once', async () => {
  const { email } = await aPerson()
  await askForPassword(email)
  const [stored] = await waitingFor(email)
  const attempts = async () => {
    const { rows } = await server.database.ownerPool.query<{ attempts: number; seconds: number }>(sql`
      select attempts, extract(epoch from due_at - clock_timestamp())::float8 as seconds
       from holdfast.account_mail where id = ${stored?.id}`)
    return rows[0]
  }
  const pauses: number[] = []
  for (let attempt = 1; attempt <= 9; attempt += 1) {
    await sending({ mailer: away })
    expect((await attempts())?.attempts).toBe(attempt)
    pauses.push((await attempts())?.seconds ?? 0)
    // Nothing is attempted before its time.
    await sending()
    expect(mailsTo(email)).toEqual([])
    await passPauses()
  }
  expect(pauses.map((seconds) => Math.ceil(seconds / 5) * 5)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900])
  await Promise.all([sending(), sending(), sending()])
  await sending()
  expect(mailsTo(email).map(({ messageId }) => messageId)).toEqual([`<${stored?.id}@example.org>`])
  expect(mailsTo(email)[0]?.text).toContain(stored?.url)
  expect(await storedTo(email)).toEqual([])
})

test('a mail whose process ended before it was handed over is sent; after that, once more, and only once', async () => {
  const { email } = await aPerson()
  await askForPassword(email)
  await waitingFor(email)
  // The process ends before it hands the mail over.
  const ended = () => Promise.reject(new Error('The process has ended.'))
  await expect(sending({ sealed: { open: ended } })).rejects.toThrow('has ended')
  await sending()
  expect(mailsTo(email)).toEqual([])
  await passPauses()
  // It ends after it has handed the mail over, twice, and nobody knows that it was sent.
  for (const arrivals of [1, 2, 2]) {
    const mailer = createMailer(smtp.url)
    const sentAndEnded = { ...mailer, send: async (mail: never, begin: never) => mailer.send(mail, begin).then(ended) }
    await sending({ mailer: sentAndEnded }).catch(() => undefined)
    mailer.close()
    expect(mailsTo(email)).toHaveLength(arrivals)
    await passPauses()
  }
  expect(await storedTo(email)).toEqual([])
})

test('a mail that waits too long for a connection is sent by another process, and once', async () => {
  const arrivals = async (beginsFirst: boolean) => {
    const { email } = await aPerson()
    await askForPassword(email)
    await waitingFor(email)
    const mailer = createMailer(smtp.url)
    const meanwhile = () => passPauses().then(() => sending())
    const waitsAndBegins = (begin: () => Promise<boolean>) => () =>
      beginsFirst ? begin().then((isBegun) => meanwhile().then(() => isBegun)) : meanwhile().then(begin)
    await sending({ mailer: { ...mailer, send: (mail, begin) => mailer.send(mail, waitsAndBegins(begin)) } })
    return mailsTo(email).length
  }
  // The control is handed over before a connection is free.
  expect([await arrivals(false), await arrivals(true)]).toEqual([1, 2])
})

test('a request that was accepted leads to its mail although the server ended, and to one mail', async () => {
  const { email } = await aPerson()
  // A server that ends between storing a request and processing it leaves it as it is.
  const mails = createAccountMails({ pool: server.database.appPool, secrets, isAvailable: true })
  await mails.request('password_reset_request', { email, language: 'de', network: null })
  await waitingFor(email)
  await requestsLeft()
  expect(await storedTo(email)).toHaveLength(1)
})

test('a mail is not sent when its link has expired, was used, replaced or revoked meanwhile', async () => {
  const clinic = await aClinic(server.database)
  const admin = await aPerson()
  await aMember(server.database, clinic, { role: 'admin', accountId: admin.id })
  const invitations = `${server.url}/api/v1/clinics/${clinic.id}/invitations`
  const invite = async (email: string) =>
    (await call(invitations, { method: 'POST', body: { email, role: 'staff' }, bearer: admin.token })).body
  const [revoked, replaced] = [anAddress(), anAddress()]
  const { id } = await invite(revoked)
  await call(`${invitations}/${id}`, { method: 'DELETE', bearer: admin.token })
  await invite(replaced)
  const second = await invite(replaced)

  const [used, expired, taken, control] = [await aPerson(), await aPerson(), await aPerson(), await aPerson()]
  // What was stored before belongs to this test.
  const { id: again } = await invite(revoked)
  await call(`${invitations}/${again}`, { method: 'DELETE', bearer: admin.token })
  const last = await invite(replaced)
  expect(second.link).not.toBe(last.link)
  await Promise.all([used, expired, control].map(({ email }) => askForPassword(email)))
  const [ofUsed] = await waitingFor(used.email)
  await waitingFor(expired.email)
  await waitingFor(control.email)
  const token = ofUsed?.url.split('#')[1] ?? ''
  expect((await post(server.url, 'reset-password', { token, newPassword: 'chosen with the link' })).status).toBe(200)
  await server.database.ownerPool.query(sql`
    update auth.verification set "expiresAt" = now() where value = ${expired.id}`)
  const wanted = anAddress()
  await server.database.ownerPool.query(`delete from auth."emailLink" where "userId" = $1`, [taken.id])
  expect((await post(server.url, 'change-email', { newEmail: wanted, password }, taken.token)).status).toBe(200)
  await waitingFor(wanted)
  await server.database.ownerPool.query('update auth."user" set email = $2 where id = $1', [used.id, wanted])
  await sending()
  for (const email of [revoked, expired.email, wanted]) expect(mailsTo(email)).toEqual([])
  // The notice of the new password, and not the link.
  expect(mailsTo(used.email).map(({ text }) => text?.includes('#'))).toEqual([false])
  expect(mailsTo(replaced).map(({ text }) => text?.includes(String(last.link)))).toEqual([true])
  expect(mailsTo(control.email)).toHaveLength(1)
  expect(await storedMails()).toEqual([])
})

test('a mail ends with its validity, whether or not anything can send it', async () => {
  const mails = createAccountMails({ pool: server.database.appPool, secrets, isAvailable: true })
  const email = anAddress()
  const context = { clinicName: 'Hill', host: 'hooks.example.org', isGone: true, url: site }
  const to = { address: email, language: 'en', clinicNo: null } as const
  await mails.store(server.database.appPool, { kind: 'webhook_paused', to, context }, noticeHours)
  const expire = () => server.database.ownerPool.query('update holdfast.account_mail set expires_at = now()')
  await expire()
  await sending()
  expect(mailsTo(email)).toEqual([])
  expect(await storedTo(email)).toEqual([])
  // The control: one that is still valid.
  await mails.store(server.database.appPool, { kind: 'webhook_paused', to, context }, noticeHours)
  await sending()
  expect(mailsTo(email)).toHaveLength(1)
})

test('an address that the mail server refuses is not tried again, and its link does not count', async () => {
  const person = await aPerson()
  await askForPassword(person.email)
  await waitingFor(person.email)
  const refusing = { ...away, send: async () => ({ kind: 'address_refused', response: '550 unknown' }) as const }
  await sending({ mailer: refusing })
  expect(await storedTo(person.email)).toEqual([])
  const { rows } = await server.database.ownerPool.query('select from auth.verification where value = $1', [person.id])
  expect(rows).toEqual([])
  await askForPassword(person.email)
  await waitingFor(person.email)

  await server.database.ownerPool.query(`delete from auth."emailLink" where "userId" = $1`, [person.id])
  const newEmail = anAddress()
  const change = () => post(server.url, 'change-email', { newEmail, password }, person.token)
  expect((await change()).status).toBe(200)
  await waitingFor(newEmail)
  // The control: while its mail may arrive, another one has to wait.
  expect((await change()).status).toBe(429)
  await sending({ mailer: refusing })
  expect(await storedTo(newEmail)).toEqual([])
  expect((await change()).status).toBe(200)
  await waitingFor(newEmail)
})

test('what is stored, logged and measured reveals neither links nor addresses', async () => {
  const person = await aPerson()
  await askForPassword(person.email)
  const [stored] = await waitingFor(person.email)
  await sending({ mailer: away })
  const token = stored?.url.split('#')[1] ?? ''
  expect(token).toMatch(/^[\w-]{32}$/)
  expect(await placesOfText(server.database, token)).toEqual([])
  expect(server.logText()).not.toContain(token)
  const metrics = await call(`${server.url}/metrics`, { bearer: metricsToken })
  expect([metrics.status, metrics.text.includes(token)]).toEqual([200, false])
  const stranger = anAddress()
  await askForPassword(stranger)
  await requestsLeft()
  expect(await placesOfText(server.database, stranger)).toEqual([])
  // The control: a row that is not encrypted.
  await server.database.ownerPool.query('update holdfast.account_mail set sealed = $1', [`${token} ${stranger}`])
  expect(await placesOfText(server.database, token)).toEqual(['holdfast.account_mail'])
  expect(await placesOfText(server.database, stranger)).toEqual(['holdfast.account_mail'])
  await server.database.ownerPool.query('delete from holdfast.account_mail')
})

test('a request for an unknown address takes the same steps until the response, and leads to nothing', async () => {
  const { email } = await aPerson()
  await requestsLeft()
  const client = await server.database.ownerPool.connect()
  onTestFinished(() => client.release())
  // While the requests cannot be processed, both responses are there, and both requests are stored.
  await client.query('begin')
  await client.query('lock table auth."user", auth.verification in access exclusive mode')
  const responses = await Promise.all([askForPassword(email), askForPassword(anAddress())])
  const { rows } = await client.query(`
    select kind, length(sealed) as length from holdfast.account_mail where is_request`)
  await client.query('rollback')
  expect(responses.map(({ status, body }) => [status, body])).toEqual([
    [200, { status: true }],
    [200, { status: true }],
  ])
  expect(rows).toHaveLength(2)
  expect(rows[0]).toEqual(rows[1])
  await requestsLeft()
  expect((await storedMails()).map(({ kind }) => kind)).toEqual(['password_reset'])
  await server.database.ownerPool.query('delete from holdfast.account_mail')
})

test('a worker sends what servers without jobs have stored, when the mail server is there again', async () => {
  const port = Number(new URL(smtp.url).port)
  const { email } = await aPerson()
  const env = { ...settingsFor(server.database), SMTP_URL: smtp.url, HOLDFAST_URL: site }
  await smtp.end()
  try {
    const worker = await startWorker({ env, log: createLogger('silent'), say: () => undefined })
    onTestFinished(() => worker.stop())
    await askForPassword(email)
    await until(
      async () => {
        const { rows } = await server.database.ownerPool.query(`select from holdfast.account_mail where not is_request
            and attempts > 0 and attempt_until is null`)
        return rows.length > 0
      },
      'an attempt to fail',
      arrivesWithinMs,
    )
  } finally {
    smtp = await mailServer(port)
  }
  await passPauses()
  const mail = await until(async () => mailsTo(email)[0], 'the e-mail', arrivesWithinMs)
  expect(mail.text).toContain(`${site}/reset-password#`)
  await until(async () => (await storedMails()).length === 0, 'the mail to be deleted', arrivesWithinMs)
  expect(mailsTo(email)).toHaveLength(1)
})

test('of a server that is killed before the mail server has replied, the mail arrives once more', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-account-mails-'))
  const mail = await startMailServerProcess(join(directory, 'mails.jsonl'))
  const database = await createTestDatabase()
  onTestFinished(async () => {
    await mail.kill()
    await database.drop()
    await rm(directory, { recursive: true })
  })
  const env = { ...settingsFor(database), HOLDFAST_WORKER: 'on', SMTP_URL: mail.url }
  const first = await serverProcess(env)
  const paused = mail.pauseAt('stored')
  await signUp(first.url, anAddress())
  const messageId = await paused
  await first.end('SIGKILL')
  mail.continue()
  const left = () => database.ownerPool.query('select before_sending from holdfast.account_mail')
  expect((await left()).rows).toEqual([{ before_sending: false }])
  await database.ownerPool.query('update holdfast.account_mail set attempt_until = clock_timestamp()')
  const second = await serverProcess(env)
  await until(async () => (await left()).rows.length === 0, 'the mail to be sent once more', arrivesWithinMs)
  await second.end()
  expect((await mail.stored()).map((stored) => stored.messageId)).toEqual([messageId, messageId])
})
