import { type MailServer, mailServer } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createMailer, type Mail } from './mailer.ts'

/** It offers no STARTTLS, or somebody on the way hides it. */
let mails: MailServer

beforeAll(async () => {
  mails = await mailServer()
})
afterAll(() => mails.end())
beforeEach(() => {
  mails.mails.length = 0
})

const mail: Mail = {
  messageId: '<1@example.org>',
  from: { name: 'Riverside', address: 'no-reply@example.org' },
  to: { name: '', address: 'ada@example.org' },
  replyTo: null,
  unsubscribeUrl: null,
  subject: 'Your appointment',
  html: '<p>Hello</p>',
  text: 'Hello',
  logo: null,
  calendar: null,
}

async function send(hostname: string, options: { mayBePlain?: boolean } = {}) {
  const url = new URL(mails.url)
  url.hostname = hostname
  const mailer = createMailer(url.href, options)
  try {
    return { ...(await mailer.send(mail)), received: mails.mails.length }
  } finally {
    mailer.close()
  }
}

// A connection to 0.0.0.0 reaches this machine, and is not taken for it.
test('a mail server that offers no TLS gets no mail', async () => {
  const outcome = await send('0.0.0.0')
  expect(outcome).toMatchObject({ kind: 'failed', received: 0 })
  expect(outcome.response).toMatch(/TLS/)
})

test.each([
  ['550 5.1.1 no such user', 'address_refused'],
  ['553 no such user', 'address_refused'],
  ['550 5.7.1 this sender may not relay', 'refused'],
  ['450 try later', 'failed'],
] as const)('recipients refused with %s: %s', async (response, kind) => {
  mails.refuseWith(response)
  onTestFinished(() => mails.refuseWith(null))
  expect(await send('127.0.0.1')).toEqual({ kind, response, received: 0 })
})

test('it does if the setting says so, or on this machine (the controls)', async () => {
  expect(await send('0.0.0.0', { mayBePlain: true })).toMatchObject({ kind: 'accepted', received: 1 })
  expect(await send('127.0.0.1')).toMatchObject({ kind: 'accepted', received: 2 })
})
