import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createSmsSender, type SmsSettings } from './sms-sender.ts'
import { isSmsTemplate } from './sms-template.ts'

type Received = Pick<IncomingMessage, 'headers'> & { body: string }

/** A provider on this machine, and the requests that it got. */
async function aProvider(respond: (response: ServerResponse) => void) {
  const received: Received[] = []
  const listener: RequestListener = (request, response) => {
    void textOf(request).then((body) => {
      received.push({ headers: request.headers, body })
      respond(response)
    })
  }
  const server = createServer(listener)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`, received }
}

const status = (code: number) => (response: ServerResponse) => response.writeHead(code).end('{"to":"+4915112345678"}')
const json = '{"from":"{from}","to":"{to}","text":"{text}"}'
const sms = { to: '+4915112345678', text: 'Line "one"\nand {from} & more' }

const senderFor = (url: string, more: Partial<SmsSettings> = {}, options = {}) =>
  createSmsSender({ url, headers: {}, body: json, from: 'Clinic', ...more }, options)

test('a request has the number and the text as JSON, and the headers of the setting', async () => {
  const { url, received } = await aProvider(status(201))
  const sender = senderFor(url, { headers: { authorization: 'Bearer secret' } })
  expect(await sender.send(sms)).toEqual({ kind: 'accepted', response: 'HTTP 201' })
  expect(received).toHaveLength(1)
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({ from: 'Clinic', ...sms })
  expect(received[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json' })
})

test('or as a form', async () => {
  const { url, received } = await aProvider(status(200))
  await senderFor(url, { body: 'To={to}&From={from}&Body={text}' }).send(sms)
  expect(Object.fromEntries(new URLSearchParams(received[0]?.body))).toEqual({
    To: sms.to,
    From: 'Clinic',
    Body: sms.text,
  })
  expect(received[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
})

test.each([
  [200, 'accepted'],
  [302, 'refused'],
  [400, 'refused'],
  [401, 'refused'],
  [429, 'failed'],
  [500, 'unknown'],
  [503, 'failed'],
])('the response %i: %s, without what the provider wrote', async (code, kind) => {
  const { url } = await aProvider(status(code))
  expect(await senderFor(url).send(sms)).toEqual({ kind, response: `HTTP ${code}` })
})

test('a provider that hangs, or closes the connection after the request, may have sent it', async () => {
  const hanging = await aProvider(() => undefined)
  expect(await senderFor(hanging.url, {}, { responseMs: 1_000 }).send(sms)).toMatchObject({ kind: 'unknown' })
  const closing = await aProvider((response) => response.destroy())
  const outcome = await senderFor(closing.url).send(sms)
  expect(outcome).toMatchObject({ kind: 'unknown' })
  expect(outcome.response).not.toContain(sms.to)
})

test('a provider that is not reached has sent nothing', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  expect(await senderFor(`http://127.0.0.1:${port}/`).send(sms)).toMatchObject({ kind: 'failed' })
})

test('an endless response keeps nobody waiting', async () => {
  const { url } = await aProvider((response) => {
    response.writeHead(200)
    const write = () => {
      while (response.write('x'.repeat(65_536)));
    }
    response.on('drain', write)
    write()
  })
  expect(await senderFor(url).send(sms)).toEqual({ kind: 'accepted', response: 'HTTP 200' })
})

test('with the URL of a file, each SMS is a line of it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-sms-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'sms.jsonl')
  const sender = senderFor(pathToFileURL(file).href)
  for (const to of ['+1', '+2']) expect(await sender.send({ ...sms, to })).toMatchObject({ kind: 'accepted' })
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ to: '+1', text: sms.text }, { to: '+2' }])
  const lost = senderFor(pathToFileURL(join(directory, 'none', 'sms.jsonl')).href)
  expect(await lost.send(sms)).toMatchObject({ kind: 'failed' })
})

test.each([
  [json, true],
  ['To={to}&Body={text}', true],
  ['{"messages":[{"to":["{to}"],"content":"{text}"}]}', true],
  ['{"to":"{to}"}', false],
  ['{"to":{to},"text":"{text}"', false],
])('the template %s is valid: %s', (template, isValid) => {
  expect(isSmsTemplate(template)).toBe(isValid)
})
