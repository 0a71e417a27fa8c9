import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createHoldfastClient } from '@holdfast/contract/client'
import { newId } from '@holdfast/engine'
import { aClinic, aDoctor, aMember, aSlot, signedInAgo, until } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import {
  call,
  type RunningServer,
  runningServer,
  serverOn,
  settingsFor,
  signIn,
  signUp,
} from '../../../test/running-server.ts'
import { createApiKeySecrets } from '../../secrets/api-keys.ts'

let server: RunningServer
let other: Awaited<ReturnType<typeof serverOn>>
let admin: string

beforeAll(async () => {
  server = await runningServer()
  other = await serverOn(server.database, {})
  admin = await signIn(server.url)
})
afterAll(async () => {
  await other.stop()
  await server.end()
})

const scopes = ['bookings:read', 'bookings:write', 'times:read']

async function aScene(fields: object = {}) {
  const clinic = await aClinic(server.database)
  const doctor = await aDoctor(server.database, clinic)
  const path = `/api/v1/clinics/${clinic.id}`
  const keys = `${server.url}${path}/api-keys`
  const body = { name: 'Laboratory', scopes, ...fields }
  const created = await call(keys, { method: 'POST', bearer: admin, body })
  const key = String(created.body.key)
  const read = (bearer: string, url = server.url) =>
    call(`${url}${path}/bookings?from=2100-01-01&to=2100-01-02`, { bearer })
  return { clinic, doctor, keys, path, created, key, one: `${keys}/${created.body.id}`, read }
}

test('an administrator creates a key, which is shown once, and only as a hash stored', async () => {
  const { created, keys, key } = await aScene()
  expect(created).toMatchObject({ status: 201, body: { name: 'Laboratory', scopes, bookingsPerSecond: 50 } })
  expect(key).toMatch(/^hfk_[0-9a-f]{32}[A-Za-z0-9_-]{65}$/)
  const { key: _, ...shown } = created.body
  expect((await call(keys, { bearer: admin })).body).toEqual({ items: [shown] })
  const { rows } = await server.database.ownerPool.query('select k::text as row from holdfast.api_key k')
  expect(JSON.stringify(rows)).not.toContain(key.slice(-65))
})

test('a key that is deleted on one server ends at once on another', async () => {
  const { key, one, read } = await aScene()
  expect((await read(key, other.url)).status).toBe(200)
  expect((await call(one, { method: 'DELETE', bearer: admin })).status).toBe(204)
  expect(await read(key, other.url)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
  expect((await call(one, { method: 'DELETE', bearer: admin })).body.code).toBe('api_key_not_found')
})

test('after a rotation both secrets are valid, until the one before is ended', async () => {
  const { key, one, read } = await aScene()
  const rotated = await call(`${one}/rotate`, { method: 'POST', bearer: admin, body: {} })
  const next = String(rotated.body.key)
  expect(next).not.toBe(key)
  expect([(await read(key)).status, (await read(next)).status]).toEqual([200, 200])
  expect((await call(`${one}/previous`, { method: 'DELETE', bearer: admin })).body.previousUntil).toBeNull()
  expect([(await read(key)).status, (await read(next)).status]).toEqual([401, 200])
  const last = await call(`${one}/rotate`, { method: 'POST', bearer: admin, body: { overlapHours: 0 } })
  expect([(await read(next)).status, (await read(String(last.body.key))).status]).toEqual([401, 200])
})

test('the current secret stays valid after a rotation with a shorter overlap than the last one', async () => {
  const { key, one, read, clinic } = await aScene()
  const rotate = async (overlapHours: number) =>
    String((await call(`${one}/rotate`, { method: 'POST', bearer: admin, body: { overlapHours } })).body.key)
  const statuses = async (...secrets: string[]) => {
    const responses: number[] = []
    for (const secret of secrets) responses.push((await read(secret)).status)
    return responses
  }
  const second = await rotate(168)
  const aDayLater = `
    update holdfast.api_key set previous_until = previous_until - interval '1 day',
                                rotated_at = rotated_at - interval '1 day'
     where clinic_no = $1`
  await server.database.ownerPool.query(aDayLater, [clinic.no])
  const third = await rotate(24)
  expect(await statuses(key, second, third)).toEqual([401, 200, 200])
  // Negative control: at once, it is a repetition, and the secret whose response may have been lost ends.
  const fourth = await rotate(168)
  expect(await statuses(second, third, fourth)).toEqual([200, 401, 200])
  // What has ended stays so.
  const fifth = await rotate(0)
  const sixth = await rotate(24)
  expect(await statuses(second, fourth, fifth, sixth)).toEqual([401, 401, 200, 200])
})

test('the secret before a rotation ends by itself, and a key at its expiry', async () => {
  const { key, one, read, clinic } = await aScene({ expiresAt: '2100-01-01T00:00:00Z' })
  const rotated = await call(`${one}/rotate`, { method: 'POST', bearer: admin, body: {} })
  const { ownerPool } = server.database
  await ownerPool.query('update holdfast.api_key set previous_until = now() where clinic_no = $1', [clinic.no])
  expect([(await read(key)).status, (await read(String(rotated.body.key))).status]).toEqual([401, 200])
  await ownerPool.query('update holdfast.api_key set expires_at = now() where clinic_no = $1', [clinic.no])
  expect((await read(String(rotated.body.key))).status).toBe(401)
})

/** How many queries look up API keys from now on. */
function lookUps() {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  onTestFinished(() => query.mockRestore())
  return () => query.mock.calls.filter(([sent]) => JSON.stringify(sent)?.includes('open_api_key')).length
}

test('a forged key is refused without a query, also one of another server', async () => {
  const { key, read, clinic, created } = await aScene()
  const id = String(created.body.id)
  const count = lookUps()
  const forged = [
    'hfk_no',
    `${key}A`,
    `${key.slice(0, -22)}${'A'.repeat(22)}`,
    `${key.slice(0, 36)}${'A'.repeat(43)}${key.slice(-22)}`,
    `hfk_${newId(clinic.no).replaceAll('-', '')}${key.slice(36)}`,
    createApiKeySecrets(['another secret, which is long enough']).issue(id).key,
  ]
  for (const one of forged) {
    expect(await read(one), one).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('not complete') },
    })
  }
  expect(count()).toBe(0)
  // Negative control: with the server's signature it is looked up, and refused for its digest.
  const signed = createApiKeySecrets([settingsFor(server.database).HOLDFAST_SECRET ?? '']).issue(id).key
  expect(await read(signed)).toMatchObject({ status: 401, body: { detail: expect.stringContaining('replaced') } })
  expect(count()).toBe(1)
  expect((await read(key)).status).toBe(200)
  expect(count()).toBe(2)
})

test('an expired key gets no new secret, and the response says what to do', async () => {
  const { one, clinic } = await aScene({ expiresAt: '2100-01-01T00:00:00Z' })
  const rotate = () => call(`${one}/rotate`, { method: 'POST', bearer: admin, body: {} })
  await server.database.ownerPool.query('update holdfast.api_key set expires_at = now() where clinic_no = $1', [
    clinic.no,
  ])
  const detail = expect.stringContaining('create another one')
  expect(await rotate()).toMatchObject({ status: 409, body: { code: 'api_key_expired', detail } })
  expect((await call(one, { method: 'DELETE', bearer: admin })).status).toBe(204)
  expect(await rotate()).toMatchObject({ status: 404, body: { code: 'api_key_not_found' } })
})

test('the name of a key has no characters that change its direction', async () => {
  const { keys } = await aScene()
  const add = (name: string) => call(keys, { method: 'POST', bearer: admin, body: { name, scopes } })
  for (const name of ['Labor\u202eatory', 'Lab\u2066oratory', '\u200b']) {
    expect((await add(name)).body.code, JSON.stringify(name)).toBe('invalid_request')
  }
  expect((await add('مختبر')).status).toBe(201)
})

test('a lost response: the same Idempotency-Key creates no second key, and gets a secret', async () => {
  const { keys } = await aScene()
  const body = { name: 'Pharmacy', scopes: ['bookings:read'] }
  const send = () => call(keys, { method: 'POST', bearer: admin, body, headers: { 'idempotency-key': 'once' } })
  const [first, again] = [await send(), await send()]
  expect(again).toMatchObject({ status: 201, body: { id: first.body.id } })
  expect(again.body.key).not.toBe(first.body.key)
  expect((await call(keys, { bearer: admin })).body.items).toHaveLength(2)
})

test('a key expires in the future, and a clinic has at most 20', async () => {
  const { keys } = await aScene()
  const add = (fields: object) =>
    call(keys, { method: 'POST', bearer: admin, body: { name: 'One', scopes, ...fields } })
  expect((await add({ expiresAt: '2020-01-01T00:00:00Z' })).body.code).toBe('invalid_request')
  const codes = []
  for (let count = 0; count < 20; count += 1) codes.push((await add({})).body.code)
  expect(codes).toEqual([...Array(19).fill(undefined), 'too_many_api_keys'])
})

test('a key has no access to accounts, keys or second factors', async () => {
  const { key, keys } = await aScene({ scopes: ['admin'] })
  for (const url of ['/api/auth/list-sessions', '/api/auth/second-factors', '/api/v1/me']) {
    expect(await call(`${server.url}${url}`, { bearer: key }), url).toMatchObject({ status: 403 })
  }
  expect((await call(keys, { bearer: key })).status).toBe(403)
})

/** The security log of a clinic, the newest first, once it has an event. */
async function eventsWith(path: string, detail: string): Promise<string[]> {
  const events = async () => {
    const { body } = await call(`${server.url}${path}/audit-events`, { bearer: admin })
    return (body.items as { kind: string; actorKind: string; actorName: string; details: string[] }[]).map(
      ({ kind, actorKind, actorName, details }) => [kind, actorKind, actorName, details[0]].join(' '),
    )
  }
  await until(async () => (await events()).some((text) => text.includes(detail)), `${detail} in the log`)
  return events()
}

test('the security log has a repetition as the rotation that it is', async () => {
  const { keys, path } = await aScene()
  const body = { name: 'Pharmacy', scopes }
  const send = () => call(keys, { method: 'POST', bearer: admin, body, headers: { 'idempotency-key': 'logged' } })
  await send()
  await send()
  const events = (await eventsWith(path, 'API key rotated')).map((text) => /API key \w+$/.exec(text)?.[0])
  expect(events).toEqual(['API key rotated', 'API key added', 'API key added'])
})

test('ten minutes after signing in, a new secret needs the password, whose digest is not stored', async () => {
  const { database, url } = server
  const { clinic, keys } = await aScene()
  const { id: accountId, token: bearer } = await signUp(url, `${crypto.randomUUID()}@example.org`)
  await aMember(database, clinic, { accountId, role: 'admin' })
  const headers = { 'idempotency-key': 'with a password' }
  const add = (fields: object = {}) =>
    call(keys, { method: 'POST', bearer, headers, body: { name: 'Pharmacy', scopes, ...fields } })
  const { body: created } = await add()
  await signedInAgo(database, accountId, 11)
  const rotate = (fields: object = {}) =>
    call(`${keys}/${created.id}/rotate`, { method: 'POST', bearer, body: { overlapHours: 0, ...fields } })
  for (const send of [add, rotate]) {
    expect(await send()).toMatchObject({ status: 401, body: { code: 'password_wrong' } })
    expect(await send({ password: 'a wrong one' })).toMatchObject({ status: 401, body: { code: 'password_wrong' } })
  }
  const password = 'a password of ten'
  // The repetition is one with and without it.
  expect(await add({ password })).toMatchObject({ status: 201, body: { id: created.id } })
  expect((await rotate({ password })).status).toBe(200)
  const guesses = async () => {
    const { rows } = await database.ownerPool.query(
      `select from holdfast.audit_event where actor_id = $1 and kind = 'password_check_failed'`,
      [accountId],
    )
    return rows.length
  }
  // The next ones are counted, and written together a minute later.
  await until(async () => (await guesses()) > 0, 'a wrong password in the log')
  // Whoever reads and ends keys needs none.
  expect((await call(keys, { bearer })).status).toBe(200)
  expect((await call(`${keys}/${created.id}`, { method: 'DELETE', bearer })).status).toBe(204)
})

test('the security log names a key with what it read, also after it was deleted', async () => {
  const { key, one, read, path } = await aScene()
  await read(key)
  await call(one, { method: 'DELETE', bearer: admin })
  expect(await eventsWith(path, 'API key removed')).toEqual([
    expect.stringMatching(/^clinic_changed account .*API key removed$/),
    expect.stringMatching(/^bookings_read api_key API key Laboratory/),
    expect.stringMatching(/^clinic_changed account .*API key added$/),
  ])
})

test('the last use is stored once a minute', async () => {
  const { key, read, clinic } = await aScene()
  const stored = async () => {
    const text = 'select last_used_at, xmin::text from holdfast.api_key where clinic_no = $1'
    return (await server.database.ownerPool.query(text, [clinic.no])).rows[0]
  }
  expect((await stored()).last_used_at).toBeNull()
  await read(key)
  await until(async () => (await stored()).last_used_at !== null, 'the last use')
  const first = await stored()
  await read(key)
  expect(await stored()).toEqual(first)
  const earlier = "update holdfast.api_key set last_used_at = now() - interval '2 minutes' where clinic_no = $1"
  await server.database.ownerPool.query(earlier, [clinic.no])
  await read(key)
  await until(async () => (await stored()).last_used_at > first.last_used_at, 'the next use')
})

test('the examples of the guide run as they are written: one creates a key, and one uses it', async () => {
  const { clinic } = await aScene()
  const guide = readFileSync(join(import.meta.dirname, '../../../../../docs/guides/api-keys.md'), 'utf8')
  const [create = '', use = ''] = [...guide.matchAll(/```sh\n([^`]+)```/g)].map(([, example = '']) => example)
  const env = { ...process.env, base: server.url, clinic: clinic.id, session: admin }
  const run = (script: string) => promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env })
  const { stdout } = await run(`${create}\n${use}\necho "$key"`)
  const [, pattern = ''] = /by `(hfk_[^`]+)`/.exec(guide) ?? []
  expect(stdout).toMatch(new RegExp(`^".+"\n0\n${pattern}\n$`))
  // Negative control: without a key, it fails.
  await expect(run(`key=hfk_no\n${use}`)).rejects.toThrow()
})

test('the typed client takes a key', async () => {
  const { key: apiKey, clinic } = await aScene()
  const client = createHoldfastClient({ baseUrl: server.url, apiKey })
  const path = { clinicId: clinic.id }
  const { data, response } = await client.listClinicBookings({ path, query: { from: '2100-01-01', to: '2100-01-02' } })
  expect([response?.status, data?.items]).toEqual([200, []])
})

test('a key has a limit of its own, also where rate limits are off', async () => {
  const { key, doctor } = await aScene({ bookingsPerSecond: 1 })
  const slot = await aSlot(server.database, doctor, { capacity: 50 })
  const book = () => call(`${server.url}/api/v1/bookings`, { method: 'POST', bearer: key, body: { slotId: slot.id } })
  const responses = await Promise.all(Array.from({ length: 20 }, book))
  const refused = responses.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(10)
  expect(refused[0]?.body).toMatchObject({ code: 'rate_limited', detail: expect.stringContaining('API key') })
  // Negative control: an administrator is not limited here.
  const bearer = admin
  const body = { slotId: slot.id, onBehalf: true }
  const others = Array.from({ length: 20 }, () =>
    call(`${server.url}/api/v1/bookings`, { method: 'POST', bearer, body }),
  )
  expect(new Set((await Promise.all(others)).map(({ status }) => status))).toEqual(new Set([201]))
})
