import { randomUUID } from 'node:crypto'
import { endAccountRequest, takeAccountMails } from '@holdfast/engine'
import { type TestDatabase, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestAccounts } from '../../test/open-test-accounts.ts'
import { type RunningServer, runningServer, signUp } from '../../test/running-server.ts'
import { post } from '../../test/second-factor-steps.ts'
import type { OpenAccounts } from '../accounts/open-accounts.ts'
import { type AccountMails, createAccountMails, sealedAccountMails } from '../messages/account-mails/account-mails.ts'
import { createLogger } from '../observe/logger.ts'
import { createNewAccountProcessor } from './new-account-request.ts'
import { createPasswordResetProcessor } from './password-reset-request.ts'
import { type Processing, startProcessingRequests } from './process-account-requests.ts'

const secrets = ['a secret of these tests, which is long enough']
const log = createLogger('silent')

/** It has no mail server, so it neither stores nor processes requests. */
let server: RunningServer
let database: TestDatabase
let opened: OpenAccounts
let mails: AccountMails

beforeAll(async () => {
  server = await runningServer()
  database = server.database
  opened = await openTestAccounts(database, secrets, log)
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

/** Stores the request of a new person, and returns how a server processes it that has taken it. */
async function aTakenRequest(kind: (typeof kinds)[number]) {
  const email = `${randomUUID()}@example.org`
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`
    insert into auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     values (gen_random_uuid(), 'Ada', ${email}, false, now(), now()) returning id::text`)
  const accountId = rows[0]?.id ?? ''
  const audit = { record: () => undefined } as never
  const deps = { accounts: opened.accounts, mails, audit, publicUrl: 'https://book.example.org' }
  const language = 'en' as const
  if (kind === 'password_reset_request') await mails.request(kind, { email, language, network: null })
  else await mails.request(kind, { accountId, email, language, network: null })
  const [due] = await takeAccountMails(database.appPool, { isRequest: true, limit: 10, seconds: 60 })
  if (due === undefined) throw new Error('No request is due.')
  const store = () => Promise.reject(new Error('It stores its mail with its link.'))
  const run = (endRequest: Processing['endRequest']) =>
    kind === 'password_reset_request'
      ? createPasswordResetProcessor(deps)({ email, language, network: null }, { endRequest, store })
      : createNewAccountProcessor(deps)({ accountId, email, language, network: null }, { endRequest, store })
  return { due, run }
}

test.for(kinds)('a server that ends after it has processed a %s leaves nothing to process again', async (kind) => {
  const { due, run } = await aTakenRequest(kind)
  await run((transaction) => endAccountRequest(transaction, due))
  expect(await stored()).toEqual([kind.replace('_request', '')])
  await database.ownerPool.query('delete from holdfast.account_mail')
})

test.for(kinds)('a %s that another server has taken since leads to no mail of this one', async (kind) => {
  const { due, run } = await aTakenRequest(kind)
  await database.ownerPool.query('update holdfast.account_mail set attempts = attempts + 1')
  await expect(run((transaction) => endAccountRequest(transaction, due))).rejects.toThrow('Another process')
  expect(await stored()).toEqual([kind])
  await database.ownerPool.query('delete from holdfast.account_mail')
})

test('a request ends with the mails that its processing stores, whatever happens afterwards', async () => {
  const to = { address: 'ada@example.org', language: 'en', clinicNo: 1 } as const
  let calls = 0
  const none = async () => undefined
  const processing = startProcessingRequests({
    pool: database.appPool,
    sealed: sealedAccountMails(secrets),
    mails,
    processors: {
      password_reset_request: none,
      confirm_email_request: none,
      reserved_address_request: none,
      entry_link_request: none,
      async ticket_link_request(_request, { store }) {
        calls += 1
        await store([{ kind: 'ticket_link', to, context: { bookingId: randomUUID() } }], 1, async () => true)
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
    network: '198.51.100.0/24',
  }
  await mails.request('ticket_link_request', wanted)
  await until(async () => calls > 0, 'the request to be processed')
  await processing.stop()
  expect(await stored()).toEqual(['ticket_link'])
  expect(calls).toBe(1)
})

test('a server without a mail server stores nothing', async () => {
  await database.ownerPool.query('delete from holdfast.account_mail')
  const email = `${randomUUID()}@example.org`
  await signUp(server.url, email)
  expect((await post(server.url, 'request-password-reset', { email })).status).toBe(409)
  expect(await stored()).toEqual([])
})
