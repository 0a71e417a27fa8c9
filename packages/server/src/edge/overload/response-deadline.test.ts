import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { errorHandler } from '../errors/error-handler.ts'
import { responseDeadline } from './response-deadline.ts'

const seconds = 0.05
/** Longer than the deadline, however late its timer is. */
const longMs = 500

async function anApp() {
  const app = Fastify()
  app.decorateReply('problemCode', null)
  app.setErrorHandler(errorHandler)
  await app.register(responseDeadline, { seconds })
  async function* parts() {
    yield 'first '
    await delay(longMs)
    yield 'last'
  }
  app.get('/file', (_request, reply) => reply.send(Readable.from(parts())))
  app.get('/slow', () => delay(longMs, 'too late'))
  return app
}

test('a file that is streamed for longer than the deadline is sent whole', async () => {
  const app = await anApp()
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const response = await fetch(`${url}/file`)
  expect([response.status, await response.text()]).toEqual([200, 'first last'])
  await app.close()
})

test('control: a response that has not begun by then is refused', async () => {
  const app = await anApp()
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  expect((await fetch(`${url}/slow`)).status).toBe(503)
  await app.close()
})
