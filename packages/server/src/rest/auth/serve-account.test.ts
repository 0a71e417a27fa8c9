import { accountOperations } from '@holdfast/contract'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { serveAccount } from './serve-account.ts'

async function cacheControlOf(options: { cacheControl?: string }): Promise<unknown> {
  const app = fastify()
  onTestFinished(() => app.close())
  serveAccount(app, accountOperations.getJwks, options, () => ({ keys: [] }))
  const response = await app.inject({ method: 'GET', url: accountOperations.getJwks.url })
  expect(response.statusCode).toBe(200)
  return response.headers['cache-control']
}

test('no cache stores a response about accounts, unless its route says so', async () => {
  expect(await cacheControlOf({})).toBe('no-store')
  expect(await cacheControlOf({ cacheControl: 'public, max-age=300' })).toBe('public, max-age=300')
})

test('a body of more than 32 KiB is refused', async () => {
  const app = fastify()
  onTestFinished(() => app.close())
  serveAccount(app, accountOperations.signOut, {}, () => ({}))
  const send = async (bytes: number) => {
    const payload = JSON.stringify({ padding: 'x'.repeat(bytes) })
    const headers = { 'content-type': 'application/json' }
    return (await app.inject({ method: 'POST', url: accountOperations.signOut.url, headers, payload })).statusCode
  }
  expect([await send(32_000), await send(32_768)]).toEqual([200, 413])
})
