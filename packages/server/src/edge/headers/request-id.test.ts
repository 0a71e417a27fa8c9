import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, runningServer } from '../../../test/running-server.ts'
import { trustedPeers } from '../connections/trusted-peers.ts'
import { requestIdOf } from './request-id.ts'

const ofProxy = 'b1946ac92492d2347c6235b4d2611184'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

test.each([
  ['nginx’s', ofProxy, ofProxy],
  ['none', undefined, uuid],
  ['one that is too short', 'abc', uuid],
  ['one that is too long', 'a'.repeat(65), uuid],
  ['one with other characters', `${ofProxy}" level="error`, uuid],
])('behind a proxy, %s', (_what, sent, expected) => {
  expect(idFrom('127.0.0.1', sent, 1)).toMatch(expected)
})

test.each([
  ['the id is that of a proxy in a trusted network', '10.1.2.3', ['10.0.0.0/8'], ofProxy],
  ['also over a socket of both versions of IP', '::ffff:10.1.2.3', ['10.0.0.0/8'], ofProxy],
  ['a peer elsewhere does not choose it', '192.0.2.7', ['10.0.0.0/8', 'fd00::/8'], uuid],
  ['without a proxy, the client does not choose it', '127.0.0.1', 0, uuid],
])('%s', (_what, peer, trusted, expected) => {
  expect(idFrom(peer, ofProxy, trusted)).toMatch(expected)
})

function idFrom(remoteAddress: string, sent: string | undefined, trusted: number | string[]): string {
  const headers = sent === undefined ? {} : { 'x-request-id': sent }
  return requestIdOf({ headers, socket: { remoteAddress } }, trustedPeers(trusted))
}

describe('a server behind a proxy that logs refusals', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await runningServer({ HOLDFAST_TRUSTED_PROXIES: '1', HOLDFAST_LOG_REFUSALS: 'on' })
  })
  afterAll(() => server.end())

  async function get(path: string, headers: Record<string, string>) {
    const sent = request(`${server.url}${path}`, { headers }).end()
    const [response] = await once(sent, 'response')
    return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) }
  }

  const refusals = () =>
    server
      .logText()
      .split('\n')
      .filter((line) => line.includes('request refused'))
      .map((line) => JSON.parse(line))

  test('the response and one line of the log have the proxy’s id', async () => {
    const refused = await get('/api/v1/bookings?search=Persephone', { 'x-request-id': ofProxy })
    expect(JSON.parse(refused.body).instance).toBe(ofProxy)
    await expect.poll(() => refusals().filter(({ requestId }) => requestId === ofProxy)).toHaveLength(1)
    const [line] = refusals().filter(({ requestId }) => requestId === ofProxy)
    expect(line).toMatchObject({ level: 'info', status: refused.status, code: JSON.parse(refused.body).code })
    expect(server.logText()).not.toContain('Persephone')
  })

  test('a page that is refused is HTML with that id, for a browser only', async () => {
    const id = 'c'.repeat(32)
    const headers = { 'x-request-id': id, accept: 'text/html', 'accept-language': 'de', host: 'a b' }
    const page = await get('/find-booking', headers)
    expect(page).toMatchObject({ status: 400, type: 'text/html; charset=utf-8' })
    expect(page.body).toContain(`Kennung: ${id}`)
    const ofProgram = await get('/find-booking', { ...headers, accept: '*/*' })
    expect(ofProgram.type).toContain('application/problem+json')
  })
})
