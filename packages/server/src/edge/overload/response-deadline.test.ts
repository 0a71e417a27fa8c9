import { Readable } from 'node:stream'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { errorHandler } from '../errors/error-handler.ts'
import { responseDeadline } from './response-deadline.ts'

/** `/file` sends its last part after `release`, and `/slow` never responds. */
async function anApp() {
  const app = Fastify()
  const released = Promise.withResolvers<void>()
  app.decorateReply('problemCode', null)
  app.setErrorHandler(errorHandler)
  await app.register(responseDeadline, { seconds: 0.05 })
  async function* parts() {
    yield 'first '
    await released.promise
    yield 'last'
  }
  app.get('/file', (_request, reply) => reply.send(Readable.from(parts())))
  app.get('/slow', () => new Promise(() => undefined))
  return { app, release: released.resolve, url: await app.listen({ host: '127.0.0.1', port: 0 }) }
}

test('a file whose streaming has begun is sent whole after the deadline, and a slow response is refused', async () => {
  const { app, release, url } = await anApp()
  try {
    const file = await fetch(`${url}/file`)
    // Its deadline is later than that of the file.
    expect((await fetch(`${url}/slow`)).status).toBe(503)
    release()
    expect([file.status, await file.text()]).toEqual([200, 'first last'])
  } finally {
    await app.close()
  }
})
