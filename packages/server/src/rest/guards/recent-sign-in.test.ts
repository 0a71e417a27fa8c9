import { aClinic, aDoctor, aMember, signedInAgo } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, signUp } from '../../../test/running-server.ts'
import { needsFieldGuard, restrictedFieldGuards } from './restricted-field-guards.ts'

let server: RunningServer
beforeAll(async () => {
  server = await runningServer()
})
afterAll(() => server.end())

const password = 'a password of ten'
const events = ['booking.moved']

/** A clinic with a webhook, another member and an API key, whose admin signed in an hour ago. */
async function aScene() {
  const { database, url } = server
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const anAccount = async (role: 'admin' | 'staff') => {
    const account = await signUp(url, `${crypto.randomUUID()}@example.org`)
    await aMember(database, clinic, { accountId: account.id, role })
    return account
  }
  const [admin, other] = [await anAccount('admin'), await anAccount('staff')]
  const path = `${url}/api/v1/clinics/${clinic.id}`
  const post = { method: 'POST', bearer: admin.token }
  const webhook = { url: 'https://hooks.example.org/', events }
  const { body: hook } = await call(`${path}/webhooks`, { ...post, body: webhook })
  const { body: key } = await call(`${path}/api-keys`, { ...post, body: { name: 'Laboratory', scopes: ['admin'] } })
  await signedInAgo(database, admin.id)
  return { admin, other, doctor, path, hook: `${path}/webhooks/${hook.id}`, key: String(key.key), webhook }
}

type Scene = Awaited<ReturnType<typeof aScene>>
type Change = (scene: Scene) => { method: string; to: string; body: object }

test.each<[what: string, change: Change]>([
  ['an invitation', ({ path }) => ({ method: 'POST', to: `${path}/invitations`, body: anInvitation() })],
  [
    'the role admin for a member',
    ({ path, other }) => ({ method: 'PATCH', to: `${path}/members/${other.id}`, body: { role: 'admin' } }),
  ],
  ['a webhook', ({ path, webhook: body }) => ({ method: 'POST', to: `${path}/webhooks`, body })],
  ['another URL of a webhook', ({ hook: to }) => ({ method: 'PATCH', to, body: { url: 'https://h.example.org/' } })],
  ['another secret of a webhook', ({ hook }) => ({ method: 'POST', to: `${hook}/rotate-secret`, body: {} })],
  ['a clinic’s calendar feed', ({ path }) => ({ method: 'POST', to: `${path}/calendar-feed`, body: {} })],
  [
    'a doctor’s calendar feed',
    ({ doctor }) => ({ method: 'POST', to: `${server.url}/api/v1/doctors/${doctor.id}/calendar-feed`, body: {} }),
  ],
  ['one’s own feed', () => ({ method: 'POST', to: `${server.url}/api/v1/me/calendar-feed`, body: {} })],
])('an hour after signing in, %s needs the password', async (_what, change) => {
  const scene = await aScene()
  const { method, to, body } = change(scene)
  const send = (sent: object) => call(to, { method, bearer: scene.admin.token, body: { ...body, ...sent } })
  expect(await send({})).toMatchObject({ status: 401, body: { code: 'password_wrong' } })
  expect(await send({ password: 'a wrong one' })).toMatchObject({ status: 401, body: { code: 'password_wrong' } })
  expect((await send({ password })).status).toBeLessThan(300)
})

test('what gives nothing that lasts needs no password', async () => {
  const { admin, other, path, hook } = await aScene()
  const change = (to: string, body: object) => call(to, { method: 'PATCH', bearer: admin.token, body })
  expect((await change(hook, { paused: true })).status).toBe(200)
  expect((await change(`${path}/members/${other.id}`, { role: 'staff' })).status).toBe(200)
  expect((await call(hook, { method: 'DELETE', bearer: admin.token })).status).toBe(204)
})

test('a change of an operation without a condition needs it, whatever its fields are', async () => {
  const checked: unknown[] = []
  const deps = { requireRecentSignIn: async (_request: unknown, sent: unknown) => checked.push(sent) }
  const principal = { kind: 'account', accountId: crypto.randomUUID() }
  const change = { principal, request: { method: 'PATCH' }, body: { scopes: ['admin'], password } }
  await restrictedFieldGuards['body.password'](deps as never, change as never)
  expect(checked).toEqual([password])
})

test('a condition leaves out the other bodies of its own operation, and no other guard', () => {
  const passwordIf = { text: 'to make somebody an admin', field: 'role', is: 'admin' } as const
  const needs = (operation: Parameters<typeof needsFieldGuard>[0], role?: string) =>
    needsFieldGuard(operation, { role })
  expect(needs({ restrictedField: 'body.password', passwordIf }, 'admin')).toBe(true)
  expect(needs({ restrictedField: 'body.password', passwordIf }, 'staff')).toBe(false)
  expect(needs({ restrictedField: 'body.password' }, 'staff')).toBe(true)
  expect(needs({ restrictedField: 'body.override', passwordIf }, 'staff')).toBe(true)
})

test('an API key, which has no password, changes webhooks', async () => {
  const { path, hook, key: bearer, webhook } = await aScene()
  expect((await call(`${path}/webhooks`, { method: 'POST', bearer, body: webhook })).status).toBe(201)
  expect((await call(`${hook}/rotate-secret`, { method: 'POST', bearer })).status).toBe(200)
})

test('a webhook that is added again with its key is the same one, with a password and without', async () => {
  const { path, admin, webhook } = await aScene()
  const headers = { 'idempotency-key': 'a webhook' }
  const add = (body: object) => call(`${path}/webhooks`, { method: 'POST', bearer: admin.token, headers, body })
  const { body: added } = await add({ ...webhook, password })
  await server.database.ownerPool.query(`update auth.session set "createdAt" = now() where "userId" = $1`, [admin.id])
  expect((await add(webhook)).body.id).toBe(added.id)
})

function anInvitation() {
  return { email: `${crypto.randomUUID()}@example.org`, role: 'staff' }
}
