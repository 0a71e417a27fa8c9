import { until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type { Pool } from 'pg'
import { expect, onTestFinished } from 'vitest'
import { mailedLinks } from '../compose/jobs/mailed-links.ts'
import { createAccountMails, noticeHours, sealedAccountMails } from '../messages/account-mails/account-mails.ts'
import { sendAccountMails } from '../messages/account-mails/send-account-mails.ts'
import { sampleSettings } from '../messages/previews/sample-messages.ts'
import { createLogger } from '../observe/logger.ts'
import { startProcessingRequests } from './process-account-requests.ts'

/** The secrets while servers are restarted one after the other. */
const before = ['the secret before, which is long enough']
const rotated = ['the new secret, which is long enough', ...before]

const stored = async (pool: Pool) =>
  (await pool.query<{ attempts: number }>('select attempts from holdfast.account_mail')).rows

/** Makes all mails due. */
const passPauses = (pool: Pool) => pool.query('update holdfast.account_mail set due_at = clock_timestamp()')

/** Makes all mails due, and expired. */
const expire = (pool: Pool) =>
  pool.query('update holdfast.account_mail set due_at = clock_timestamp(), expires_at = clock_timestamp()')

test('a mail waits for a process that has the secret, until it expires', async ({ database }) => {
  const { appPool: pool, ownerPool } = database
  const sent: string[] = []
  const sending = (secrets: readonly string[]) =>
    sendAccountMails({
      pool,
      mailer: {
        async send({ to }) {
          sent.push(to.address)
          return { kind: 'accepted', response: '250 OK' }
        },
        close: () => undefined,
      },
      address: 'desk@example.org',
      sealed: sealedAccountMails(secrets),
      links: mailedLinks(pool),
      pages: { ...sampleSettings.links, ticket: ({ bookingId }) => bookingId },
      log: createLogger('silent'),
    })
  const mails = createAccountMails({ pool, secrets: rotated, isAvailable: true })
  const store = (address: string) =>
    mails.store(
      pool,
      {
        kind: 'webhook_paused',
        to: { address, language: 'en', clinicNo: null },
        context: { clinicName: 'Hill', host: 'hooks.example.org', isGone: true, url: 'https://book.example.org' },
      },
      noticeHours,
    )
  await store('admin@example.org')
  await sending(before)
  expect(await stored(ownerPool)).toEqual([{ attempts: 1 }])
  expect(sent).toEqual([])
  await passPauses(ownerPool)
  await sending(rotated)
  expect(sent).toEqual(['admin@example.org'])
  expect(await stored(ownerPool)).toEqual([])

  await store('late@example.org')
  await expire(ownerPool)
  await sending(before)
  expect(sent).toEqual(['admin@example.org'])
  expect(await stored(ownerPool)).toEqual([])
})

test('a request waits for a server that has the secret, until it expires', async ({ database }) => {
  const { appPool: pool, ownerPool } = database
  const mails = createAccountMails({ pool, secrets: rotated, isAvailable: true })
  const processed: string[] = []
  const log = createLogger('silent')
  const processing = (secrets: readonly string[]) => {
    const none = async () => undefined
    const started = startProcessingRequests({
      pool,
      sealed: sealedAccountMails(secrets),
      mails,
      processors: {
        password_reset_request: async ({ email }) => void processed.push(email),
        confirm_email_request: none,
        reserved_address_request: none,
        ticket_link_request: none,
        entry_link_request: none,
      },
      log,
    })
    onTestFinished(() => started.stop())
    return started
  }
  const untilStored = (what: string, isSo: (rows: { attempts: number }[]) => boolean) =>
    until(
      async () => isSo(await stored(ownerPool)),
      () => what,
      30_000,
    )
  const request = { email: 'ada@example.org', language: 'en', network: null } as const
  await mails.request('password_reset_request', request)
  const server = processing(before)
  await untilStored('an attempt', (rows) => rows[0]?.attempts === 1)
  await server.stop()
  expect(await stored(ownerPool)).toHaveLength(1)
  await passPauses(ownerPool)
  const restarted = processing(rotated)
  await untilStored('the request to be processed', (rows) => rows.length === 0)
  expect(processed).toEqual(['ada@example.org'])
  await restarted.stop()

  await mails.request('password_reset_request', { ...request, email: 'late@example.org' })
  await expire(ownerPool)
  processing(before)
  await untilStored('its end', (rows) => rows.length === 0)
  expect(processed).toEqual(['ada@example.org'])
})
