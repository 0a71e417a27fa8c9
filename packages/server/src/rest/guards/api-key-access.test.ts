// Completeness: an operation does not enforce which API keys may call it
import { fillExample, type Operation, restOperations } from '@holdfast/contract'
import { newId } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, ofKind, type TestDatabase } from '@holdfast/testkit'
import { type ApiKeyScope, apiKeyScopes } from '@holdfast/vocabulary'
import { expect } from 'vitest'
import { aScene, type Ids, operations, refusals, send as sendExample } from '../../../test/access-scene.ts'
import { apiKeySecrets, type OperationId, type Reply, type RestApp } from '../../../test/rest-app.ts'
import { test as restTest } from '../../../test/rest-test.ts'

const test = restTest.extend('scene', { scope: 'file' }, ({ database, rest }) => aScene(database, rest))

type Limits = { scopes?: readonly ApiKeyScope[]; expiresAt?: Date | null }

/** A key of a clinic, with all scopes unless others are named. */
async function aKey({ engine }: RestApp, clinicNo: number, { scopes = apiKeyScopes, expiresAt = null }: Limits = {}) {
  const id = newId(clinicNo)
  const { key, digest } = apiKeySecrets.issue(id)
  const created = { clinicNo, id, name: 'Laboratory', scopes: [...scopes], bookingsPerSecond: 50, createdBy: id }
  ofKind(await engine.apiKeys.create({ ...created, expiresAt, digest }, null), 'done')
  return { id, key }
}

/** A clinic may have few keys. */
const withoutKeys = ({ ownerPool }: TestDatabase) => ownerPool.query('delete from holdfast.api_key')

const days = { from: '2100-01-01', to: '2100-01-02' }

/** Sends a valid request: its example, or what public reads need. */
function send(rest: RestApp, id: OperationId, ids: Ids, token: string | undefined): Promise<AnyReply> {
  const path = ids
  const query = { visitTypeId: ids.visitTypeId ?? '', ...days }
  if (id === 'listSlots') return rest.call(id, { path, query: days, token: token ?? null })
  if (id === 'listTimes' || id === 'listClinicTimes') return rest.call(id, { path, query, token: token ?? null })
  return sendExample(rest, id, ids, { token: token ?? null })
}

type AnyReply = Pick<Reply<OperationId>, 'status' | 'problem'>

function refusalOf(reply: AnyReply) {
  if (reply.status < 400) return null
  const { status, code, detail } = reply.problem
  return { status, code, detail }
}

const scoped = operations.flatMap(([id, { scope, method }]) => (scope === undefined ? [] : [{ id, scope, method }]))
const unscoped = operations.filter(([, { scope }]) => scope === undefined).map(([id]) => id)
const readsFirst = scoped.toSorted((a, b) => Number(a.method !== 'GET') - Number(b.method !== 'GET'))
/** The request names no clinic, and what it reads is public. */
const ofNoClinic: readonly OperationId[] = ['listDoctors']

test('what concerns accounts, people, keys and the site has no scope', () => {
  const described = operations.filter(([id]) => unscoped.includes(id))
  const isMeant = ([, { access, tag }]: [OperationId, Operation]) =>
    access === 'account' || access === 'site_administrator' || ['Accounts', 'People', 'API keys', 'Me'].includes(tag)
  expect(described.filter((one) => !isMeant(one)).map(([id]) => id)).toMatchInlineSnapshot(`
    [
      "listClinics",
      "listSpecializations",
      "sendTicketLink",
      "renewManageToken",
      "chooseReminders",
      "getClinicSecurity",
      "updateClinicSecurity",
      "recordExport",
      "getProof",
      "sendWaitlistLinks",
      "leaveWaitlistByLink",
      "renewWaitlistToken",
      "createDoctorCalendarFeed",
      "getDoctorCalendarFeed",
      "deleteDoctorCalendarFeed",
      "createClinicCalendarFeed",
      "getClinicCalendarFeed",
      "updateClinicCalendarFeed",
      "deleteClinicCalendarFeed",
      "readCalendarFeed",
      "setBusyCalendar",
      "getBusyCalendar",
      "deleteBusyCalendar",
    ]
  `)
  expect(new Set(scoped.map(({ scope }) => scope))).toEqual(new Set(apiKeyScopes))
})

test('without its scope, each operation is refused to a key, by the name of the scope', async ({ rest, scene }) => {
  await withoutKeys(scene.database)
  const byScope = new Map<string, string>()
  for (const scope of apiKeyScopes) {
    const scopes = apiKeyScopes.filter((one) => one !== scope)
    byScope.set(scope, (await aKey(rest, scene.clinic.no, { scopes })).key)
  }
  for (const { id, scope } of scoped) {
    const refusal = refusalOf(await send(rest, id, scene.ids, byScope.get(scope)))
    expect(refusal, id).toMatchObject({ status: 403, code: 'forbidden', detail: expect.stringContaining(scope) })
  }
})

test('an operation without a scope is refused to a key with all scopes', async ({ rest, scene }) => {
  await withoutKeys(scene.database)
  const { key } = await aKey(rest, scene.clinic.no)
  for (const id of unscoped) {
    expect(refusalOf(await send(rest, id, scene.ids, key)), id).toMatchObject({ status: 403 })
  }
})

test('for a key of another clinic, nothing exists', async ({ rest, scene }) => {
  await withoutKeys(scene.database)
  const { key } = await aKey(rest, (await aClinic(scene.database)).no)
  for (const { id } of scoped) {
    const status = ofNoClinic.includes(id) ? undefined : 404
    expect(refusalOf(await send(rest, id, scene.ids, key))?.status, id).toBe(status)
  }
})

test('a key that has expired or was deleted is refused with 401 everywhere', async ({ rest, scene }) => {
  await withoutKeys(scene.database)
  const expired = await aKey(rest, scene.clinic.no, { expiresAt: new Date(Date.now() - 1_000) })
  const deleted = await aKey(rest, scene.clinic.no)
  await rest.engine.apiKeys.remove(scene.clinic.no, deleted.id)
  for (const [id] of operations) {
    for (const { key } of [expired, deleted]) {
      expect(refusalOf(await send(rest, id, scene.ids, key)), id).toMatchObject({ status: 401 })
    }
  }
})

test('with its scope alone, a key reaches each operation', async ({ rest, scene }) => {
  await withoutKeys(scene.database)
  const byScope = new Map<string, string>()
  for (const scope of apiKeyScopes) byScope.set(scope, (await aKey(rest, scene.clinic.no, { scopes: [scope] })).key)
  for (const { id, scope, method } of readsFirst) {
    const refusal = refusalOf(await send(rest, id, scene.ids, byScope.get(scope)))
    expect([401, 403], `${id} ${JSON.stringify(refusal)}`).not.toContain(refusal?.status)
    if (method === 'GET') expect(refusals, id).not.toContain(refusal?.code)
  }
})

test('only with the scope admin, a key of the desk overrides rules', async ({ rest, scene }) => {
  await withoutKeys(scene.database)
  const { no } = scene.clinic
  const desk = await aKey(rest, no, { scopes: ['bookings:write'] })
  const both = await aKey(rest, no, { scopes: ['bookings:write', 'admin'] })
  const described: Operation = restOperations.checkCase
  const example = fillExample(described, { ...scene.ids, day: '2100-01-01' })
  const body = { ...example.body, override: { rules: ['block_overrun'], reason: 'An emergency' } }
  const checked = (token: string): Promise<AnyReply> => rest.call('checkCase', { body, token })
  expect(refusalOf(await checked(desk.key))).toMatchObject({ status: 403, detail: expect.stringContaining('override') })
  expect(refusalOf(await checked(both.key))?.status).not.toBe(403)
})

test('what a key books, the desk books: without a token, and in the key’s name', async ({ database, rest, clinic }) => {
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const { id, key } = await aKey(rest, clinic.no, { scopes: ['bookings:write', 'bookings:read'] })
  const body = { slotId: slot.id, confirm: true, patient: { name: 'Grace', email: 'grace@example.org' } }
  const send = () => rest.call('createBooking', { body, token: key, key: 'once' })
  const { body: booked } = await send()
  expect(booked).toMatchObject({ status: 'CONFIRMED', manageToken: null })
  expect((await send()).body.id).toBe(booked.id)
  const path = { bookingId: booked.id }
  const { body: history } = await rest.call('listBookingEvents', { path, token: key })
  expect(history.items.map(({ actorName }) => actorName)).toContain('API key Laboratory')
  const before = rest.audited.length
  await rest.call('getBooking', { path, token: key })
  expect(rest.audited.slice(before)).toMatchObject([{ kind: 'booking_read', actorId: id, subjectId: booked.id }])
})
