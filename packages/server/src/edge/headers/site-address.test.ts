// Completeness: code reads the Host header of a request, from which links must not be built
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'
import { siteAddress } from './site-address.ts'

const source = fileURLToPath(new URL('../../', import.meta.url))

/** What reads the Host header, and none of it for a link. */
const readers = [
  // Whether the Origin of a request is that of the page to which it was sent.
  'edge/authentication/csrf.ts',
  'live/live-routes.ts',
  // Whether it is valid.
  'edge/headers/host-header.ts',
  // Its port.
  'edge/headers/site-address.ts',
]

const readsHost =
  /\b(request|req|raw)\.host(name)?\b|\bheaders\.host\b|\{[^{}]*\bhost(name)?\b[^{}]*\}: (Fastify|Incoming|\{)/

test('links are built by siteAddress: nothing else reads the Host header for one', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  const code = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const found = code.filter((file) => readsHost.test(readFileSync(`${source}${file}`, 'utf8')))
  expect(found.toSorted()).toEqual(readers.toSorted())
  // The control: what built links before.
  expect(readsHost.test('const site = request.host')).toBe(true)
  expect(readsHost.test('function originOf({ protocol, host }: { protocol: string; host: string }) {')).toBe(true)
})

test('without HOLDFAST_URL, links lead to localhost, at the port of the request, whatever its Host', () => {
  expect(siteAddress(null, { host: 'evil.example:3000' })).toBe('http://localhost:3000')
  expect(siteAddress(null, { host: '[::1]:3100' })).toBe('http://localhost:3100')
  expect(siteAddress(null, { host: 'evil.example' })).toBe('http://localhost')
  expect(siteAddress('https://book.example.org', { host: 'evil.example' })).toBe('https://book.example.org')
})

test('the links of invitations, feeds and previews have no forged Host', async ({ rest, clinic }) => {
  const as = await rest.aMember(clinic.no, 'admin')
  const path = { clinicId: clinic.id }
  const headers = { host: 'evil.example' }
  const body = { email: 'new@example.org', role: 'staff' } as const
  const invitation = await rest.call('createInvitation', { path, as, body, headers })
  expect(invitation.body.link).toMatch(/^http:\/\/localhost\/invitation#/)
  const feed = await rest.call('createClinicCalendarFeed', { path, as, body: {}, headers })
  expect(feed.body.url).toMatch(/^http:\/\/localhost\/api\/v1\/calendar-feeds\//)
  const query = { kind: 'confirmed', language: 'en', channel: 'email' } as const
  const preview = await rest.call('previewMessage', { path, as, query, headers })
  expect(preview.body.text).toContain('http://localhost/')
  expect(preview.body.text).not.toContain('evil.example')
})
