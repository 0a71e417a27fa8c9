import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type MailServer, mailServer, until } from '@holdfast/testkit'
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
    return { ...(await mailer.send(mail, async () => true)), received: mails.mails.length }
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

/** A mail server that ends the connection instead of replying to what begins with `silentAt`. */
async function anEndingServer(silentAt: string) {
  const sockets = new Set<Socket>()
  let hasContent = false
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.write('220 ready\r\n')
    let rest = ''
    socket.on('data', (part) => {
      rest += part.toString('utf8')
      const lines = rest.split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('Subject:')) hasContent = true
        if (line.startsWith(silentAt)) socket.destroy()
        else if (line === 'DATA') socket.write('354 go on\r\n')
        else if (/^(EHLO|MAIL|RCPT|\.$)/.test(line)) socket.write('250 OK\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hasContent: () => hasContent,
  }
}

test.each([
  ['MAIL', 'failed', false],
  ['RCPT', 'failed', false],
  ['DATA', 'failed', false],
  ['.', 'unknown', true],
] as const)('a server that ends at %s: %s', async (silentAt, kind, hasContent) => {
  const server = await anEndingServer(silentAt)
  const mailer = createMailer(server.url)
  onTestFinished(() => mailer.close())
  expect(await mailer.send(mail, async () => true)).toMatchObject({ kind })
  expect(server.hasContent()).toBe(hasContent)
})

test('a server that sends reports is asked for one with the header alone, if it cannot deliver the mail', async () => {
  const lines: string[] = []
  const server = createServer((socket) => {
    socket.write('220 ready\r\n')
    socket.on('data', (part) => {
      for (const line of part.toString('utf8').split('\r\n')) {
        lines.push(line)
        if (line.startsWith('EHLO')) socket.write('250-mx.example.org\r\n250 DSN\r\n')
        else if (line === 'DATA') socket.write('354 go on\r\n')
        else if (/^(MAIL|RCPT|\.$)/.test(line)) socket.write('250 OK\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const mailer = createMailer(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    mailer.close()
    server.close()
  })
  expect(await mailer.send(mail, async () => true)).toMatchObject({ kind: 'accepted' })
  expect(lines.find((line) => line.startsWith('MAIL'))).toContain(' RET=HDRS ENVID=<1@example.org>')
  expect(lines.find((line) => line.startsWith('RCPT'))).toContain(' NOTIFY=FAILURE ORCPT=rfc822;ada@example.org')
})

test('a mail is begun only when a connection is free for it, and sent if that may still be', async () => {
  const mailer = createMailer(mails.url, { connectionsMax: 2 })
  onTestFinished(() => mailer.close())
  const { promise: held, resolve: goOn } = Promise.withResolvers<boolean>()
  const begun: number[] = []
  const sending = [0, 1, 2, 3].map((index) =>
    mailer.send(mail, async () => {
      begun.push(index)
      return index < 2 ? held : index === 2
    }),
  )
  await until(async () => begun.length === 2, 'two mails to be begun')
  expect([begun, mails.mails.length]).toEqual([[0, 1], 0])
  goOn(true)
  expect((await Promise.all(sending)).map(({ kind }) => kind)).toEqual([
    'accepted',
    'accepted',
    'accepted',
    'not_begun',
  ])
  expect([begun, mails.mails.length]).toEqual([[0, 1, 2, 3], 3])
  await expect(mailer.send(mail, () => Promise.reject(new Error('database away')))).rejects.toThrow('database away')
})
