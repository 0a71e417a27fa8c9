import { describe, expect, test } from 'vitest'
import { administrator, call, serverOfFile, serverOn } from '../../../test/running-server.ts'

const server = await serverOfFile()

const signIn = (url: string, headers: Record<string, string>) =>
  call(`${url}/api/auth/sign-in/email`, { method: 'POST', body: administrator, headers })
const page = 'https://book.example.org'
const ofBrowser = { origin: page, 'sec-fetch-site': 'same-origin' }

/** A server with another HOLDFAST_URL. */
async function withUrl(publicUrl: string, use: (url: string) => Promise<void>): Promise<void> {
  const other = await serverOn(server.database, { HOLDFAST_URL: publicUrl })
  try {
    await use(other.url)
  } finally {
    await other.stop()
  }
}

describe('signing in behind https without HOLDFAST_URL', () => {
  test('is refused by an error that names the setting, and is logged once', async () => {
    for (let times = 0; times < 3; times += 1) {
      const refused = await signIn(server.url, ofBrowser)
      expect(refused).toMatchObject({ status: 403, body: { code: 'public_url_mismatch' } })
      expect(refused.body.detail).toContain(`Set HOLDFAST_URL=${page} `)
      expect(refused.headers.getSetCookie()).toEqual([])
    }
    expect(server.logText().match(/sign-ins come from another address than HOLDFAST_URL/g)).toHaveLength(1)
  })

  test('through a proxy that passes on another Host is refused by an error that names both origins', async () => {
    const refused = await signIn(server.url, { origin: page })
    expect(refused).toMatchObject({ status: 403, body: { code: 'origin_forbidden' } })
    expect(refused.body.detail).toMatch(/a page of https:\/\/book\.example\.org.*server is at http:\/\/.*HOLDFAST_URL/)
  })

  test('works for programs, which use no cookie', async () => {
    expect((await signIn(server.url, { 'x-forwarded-proto': 'https' })).status).toBe(200)
  })
})

test('with HOLDFAST_URL the same browser signs in and writes with its cookie, through either proxy', async () => {
  await withUrl(page, async (url) => {
    for (const headers of [ofBrowser, { origin: page }]) {
      const signedIn = await signIn(url, headers)
      expect(signedIn.status).toBe(200)
      const cookie = (signedIn.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
      const body = { name: 'Clinic', timezone: 'UTC' }
      const write = (headersOfWrite: Record<string, string>) =>
        call(`${url}/api/v1/clinics`, { method: 'POST', body, headers: { cookie, ...headersOfWrite } })
      expect((await write(headers)).status).toBe(201)
      const forged = await write({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })
      expect(forged).toMatchObject({ status: 403, body: { code: 'origin_forbidden' } })
      expect(forged.body.detail).toMatch(/https:\/\/evil\.example, but this server is at https:\/\/book\.example\.org/)
    }
  })
})

test('over http on another machine, a Secure cookie is not set silently in vain', async () => {
  await withUrl(page, async (url) => {
    const host = new URL(url).host
    const refused = await signIn(url, { origin: `http://192.0.2.1:${new URL(url).port}` })
    expect(refused).toMatchObject({ status: 403, body: { code: 'origin_forbidden' } })
    // On this machine browsers accept it.
    expect((await signIn(url, { origin: `http://${host}` })).status).toBe(200)
  })
})

test('a sandboxed page learns that its origin is missing', async () => {
  const refused = await signIn(server.url, { origin: 'null' })
  expect(refused).toMatchObject({ status: 403, body: { code: 'origin_forbidden' } })
  expect(refused.body.detail).toContain('hides its origin')
})

test('the start prints HOLDFAST_URL as the address, and where it listens', async () => {
  const other = await serverOn(server.database, { HOLDFAST_URL: page })
  await other.stop()
  expect(other.said.slice(-2)).toEqual([`Listening on ${other.url}`, `Holdfast is ready at ${page}`])
})
