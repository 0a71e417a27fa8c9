import { randomUUID } from 'node:crypto'
import { endAccountRequest, takeAccountMails } from '@holdfast/engine'
import { type TestDatabase, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningServer, runningServer, settingsFor, signUp } from '../../test/running-server.ts'
import { post } from '../../test/second-factor-steps.ts'
import { type OpenAccounts, openAccounts } from '../accounts/open-accounts.ts'
import { readConfig } from '../config/config.ts'
import { createLogger } from '../observe/logger.ts'
import { createNewAccountAnswer } from '../rest/auth/email-routes.ts'
import { createPasswordResetAnswer } from '../rest/auth/password-reset-routes.ts'
import { type AccountMails, createAccountMails, sealedAccountMails } from './account-mails.ts'
import { type Answering, startAnsweringRequests } from './answer-account-requests.ts'

const secrets = ['a secret of these tests, which is long enough']
const log = createLogger('silent')

/** It has no mail server, so it neither stores nor answers requests. */
let server: RunningServer
let database: TestDatabase
let opened: OpenAccounts
let mails: AccountMails

beforeAll(async () => {
  server = await runningServer()
  database = server.database
  const result = readConfig(settingsFor(database))
  if (result.kind === 'invalid') throw new Error('The defaults are invalid.')
  opened = await openAccounts(result.config, { appUrl: database.appUrl, secrets }, log)
  mails = createAccountMails({ pool: database.appPool, secrets, isAvailable: true })
})
afterAll(async () => {
  await opened.close()
  await server.end()
})

const stored = async () => {
  const { rows } = await database.ownerPool.query<{ kind: string }>('select kind from holdfast.account_mail')
  return rows.map(({ kind }) => kind)
}

const kinds = ['password_reset_request', 'confirm_email_request'] as const

/** Stores the request of a new person, and returns how a server answers it that has taken it. */
async function aTakenRequest(kind: (typeof kinds)[number]) {
  const email = `${randomUUID()}@example.org`
  const { rows } = await database.ownerPool.query<{ id: string }>(
    `insert into auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     values (gen_random_uuid(), 'Ada', $1, false, now(), now()) returning id::text`,
    [email],
  )
  const accountId = rows[0]?.id ?? ''
  const audit = { record: () => undefined } as never
  const deps = { accounts: opened.accounts, mails, audit, publicUrl: 'https://book.example.org' }
  const language = 'en' as const
  if (kind === 'password_reset_request') await mails.request(kind, { email, language, network: null })
  else await mails.request(kind, { accountId, email, language })
  const [due] = await takeAccountMails(database.appPool, { isRequest: true, limit: 10, seconds: 60 })
  if (due === undefined) throw new Error('No request is due.')
  const store = () => Promise.reject(new Error('It stores its mail with its link.'))
  const answer = (done: Answering['done']) =>
    kind === 'password_reset_request'
      ? createPasswordResetAnswer(deps)({ email, language, network: null }, { done, store })
      : createNewAccountAnswer(deps)({ accountId, email, language }, { done, store })
  return { due, answer }
}

test.for(kinds)('a server that ends after it has answered a %s leaves nothing to answer again', async (kind) => {
  const { due, answer } = await aTakenRequest(kind)
  await answer((transaction) => endAccountRequest(transaction, due))
  expect(await stored()).toEqual([kind.replace('_request', '')])
  await database.ownerPool.query('delete from holdfast.account_mail')
})

test.for(kinds)('a %s that another server has taken since leads to no mail of this one', async (kind) => {
  const { due, answer } = await aTakenRequest(kind)
  await database.ownerPool.query('update holdfast.account_mail set attempts = attempts + 1')
  await expect(answer((transaction) => endAccountRequest(transaction, due))).rejects.toThrow('Another process')
  expect(await stored()).toEqual([kind])
  await database.ownerPool.query('delete from holdfast.account_mail')
})

test('a request ends with the mails that its answer stores, whatever happens afterwards', async () => {
  const to = { address: 'ada@example.org', language: 'en', clinicNo: 1 } as const
  let answers = 0
  const none = async () => undefined
  const answering = startAnsweringRequests({
    pool: database.appPool,
    sealed: sealedAccountMails(secrets),
    mails,
    answers: {
      password_reset_request: none,
      confirm_email_request: none,
      entry_link_request: none,
      async ticket_link_request(_request, { store }) {
        answers += 1
        await store([{ kind: 'ticket_link', to, context: { bookingId: randomUUID() } }], 1)
        throw new Error('The server ends.')
      },
    },
    log,
  })
  const wanted = {
    clinicId: randomUUID(),
    day: '2031-05-06',
    reference: 'ABCD-EFGH',
    email: to.address,
    language: null,
  }
  await mails.request('ticket_link_request', wanted)
  await until(
    async () => (answers > 0 ? true : undefined),
    () => 'the answer',
  )
  await answering.stop()
  expect(await stored()).toEqual(['ticket_link'])
  expect(answers).toBe(1)
})

test('a server without a mail server stores nothing', async () => {
  await database.ownerPool.query('delete from holdfast.account_mail')
  const email = `${randomUUID()}@example.org`
  await signUp(server.url, email)
  expect((await post(server.url, 'request-password-reset', { email })).status).toBe(409)
  expect(await stored()).toEqual([])
})
