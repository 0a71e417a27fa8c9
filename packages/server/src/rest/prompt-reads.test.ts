import { createEngine, DatabaseUnavailable, type Engine, engineMethods } from '@holdfast/engine'
import { aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { type CallOptions, type RestApp, startRestApp } from '../../test/rest-app.ts'
import { test as restTest } from '../../test/rest-test.ts'
import { promptReads } from './prompt-reads.ts'

const patient = { name: 'Ada', email: 'ada@example.org' }
const room = 'https://meet.example.org/{room}'

/** Reads of the engine that hang at the moment, such as `reads.slot`. */
const hung = new Set<string>()

const pool = { isExhausted: false }

/** `bounded` has a bound of 100 ms, and a mail server. */
const test = restTest.extend('bounded', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const bounded = await startRestApp(database, {
    sendsMails: true,
    replaced: { engine: promptReads(withHangingReads(engine), { pool, msMax: 100 }) },
  })
  onCleanup(() => bounded.stop())
  return bounded
})

type Method = (...args: never[]) => unknown

/** The engine with each method, such as `reads.slot`, replaced. */
function replaceMethods(engine: Engine, replaced: (name: string, method: Method) => Method): Engine {
  const parts = Object.entries<Method | Record<string, Method>>(engine).map(([part, methods]) => {
    if (typeof methods === 'function') return [part, replaced(part, methods)]
    const all = Object.entries(methods).map(([name, method]) => [name, replaced(`${part}.${name}`, method)])
    return [part, Object.fromEntries(all)]
  })
  return Object.fromEntries(parts)
}

function withHangingReads(engine: Engine): Engine {
  return replaceMethods(
    engine,
    (name, run) =>
      (...args) =>
        hung.has(name) ? new Promise(() => undefined) : run(...args),
  )
}

const never: Method = () => new Promise(() => undefined)

test('every read of the engine has a bound, so has storing a response; nothing else', async ({ database }) => {
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const methods = new Map<string, Method>()
  replaceMethods(
    promptReads(
      replaceMethods(engine, () => never),
      { pool, msMax: 1 },
    ),
    (name, method) => {
      methods.set(name, method)
      return method
    },
  )
  const kinds = Object.entries(engineMethods).flatMap(([part, kind]) =>
    typeof kind === 'string' ? [[part, kind]] : Object.entries(kind).map(([name, one]) => [`${part}.${name}`, one]),
  )
  const reads = kinds.flatMap(([name, kind]) => (kind === 'read' ? (name ?? []) : []))
  expect(reads.length).toBeGreaterThan(40)
  const bounded = [...methods].filter(([, method]) => method !== never)
  expect(bounded.map(([name]) => name).sort()).toEqual([...reads, 'storedResponses.store'].sort())
  for (const [name, method] of bounded) await expect(method(), name).rejects.toBeInstanceOf(DatabaseUnavailable)
  await engine.stop()
})

async function whileHung<Result>(read: string, work: () => Promise<Result>): Promise<Result> {
  hung.add(read)
  try {
    return await work()
  } finally {
    hung.delete(read)
  }
}

async function aScene(database: TestDatabase, rest: RestApp, { confirmByLink = false } = {}) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic, { appointmentTypes: ['in_person', 'video'] })
  const slot = await aSlot(database, doctor, { capacity: 5 })
  const admin = await rest.aMember(clinic.no, 'admin')
  const member = await rest.aMember(clinic.no, 'doctor', doctor.id)
  await rest.engine.messages.changeSettings(clinic.no, { confirmByLink, confirmMinutes: 30 })
  await rest.call('setVideoRoom', { path: { doctorId: doctor.id }, as: admin, body: { url: room } })
  const body = { slotId: slot.id, patient, appointmentType: 'video' as const }
  const hold = async () => {
    const { body: created } = await rest.call('createBooking', { body })
    return { path: { bookingId: created.id }, token: created.manageToken }
  }
  const statuses = async () => {
    const { rows } = await database.ownerPool.query<{ status: string }>(sql`
      select status from holdfast.booking where slot_id = ${slot.id}`)
    return rows.map(({ status }) => status)
  }
  return { clinic, admin, member, body, hold, statuses }
}

type Scene = Awaited<ReturnType<typeof aScene>>

test.for<[string, (rest: RestApp, scene: Scene, hold: CallOptions) => Promise<{ problem: unknown }>]>([
  ['bookingLinks.areRequired', (rest, { body }) => rest.call('createBooking', { body: { ...body, confirm: true } })],
  ['reads.slot', (rest, { body, member: as }) => rest.call('createBooking', { body: { ...body, onBehalf: true }, as })],
  ['manageTokenEpochs.access', (rest, _scene, hold) => rest.call('cancelBooking', { ...hold })],
  ['reads.booking', (rest, { admin }, { path }) => rest.call('cancelBooking', { ...(path && { path }), as: admin })],
  [
    'storedResponses.find',
    (rest, { admin }, { path }) => rest.call('cancelBooking', { ...(path && { path }), as: admin, key: 'k' }),
  ],
  [
    'theatre.case',
    (rest, { admin }, { path }) => {
      const body = { expectedEndsAt: '2031-01-06T10:00:00.000Z' }
      return rest.call('extendCase', { path: { caseId: path?.bookingId ?? '' }, as: admin, body })
    },
  ],
])('%s hangs before a write: it is refused, and nothing is written', async ([read, send], { database, bounded }) => {
  const scene = await aScene(database, bounded)
  const hold = await scene.hold()
  const { problem } = await whileHung(read, () => send(bounded, scene, hold))
  expect(problem).toMatchObject({ status: 503, code: 'unavailable', detail: expect.stringContaining('not processed') })
  expect(await scene.statuses()).toEqual(['PENDING'])
})

test('the entry hangs before somebody leaves a waitlist: that is refused, it stays', async ({ database, bounded }) => {
  const { clinic } = await aScene(database, bounded)
  const doctor = await aDoctor(database, clinic)
  const [from, to] = [1, 5].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10))
  const wanted = { clinicId: clinic.id, doctorId: doctor.id, from, to }
  const joined = await bounded.call('createWaitlistEntry', { body: { ...wanted, patient } })
  const entry = { path: { entryId: joined.body.id }, token: joined.body.manageToken ?? '' }
  const { problem } = await whileHung('waitlist.entry', () => bounded.call('leaveWaitlist', entry))
  expect(problem).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('not processed') })
  expect((await bounded.call('getWaitlistEntry', entry)).body.status).toBe('waiting')
})

test('an invitation hangs before it is accepted: refused, nobody gets the role', async ({ database, bounded }) => {
  const { clinic, admin } = await aScene(database, bounded)
  const body = { email: 'new@example.org', role: 'staff' as const }
  const { body: invited } = await bounded.call('createInvitation', { path: { clinicId: clinic.id }, as: admin, body })
  const token = new URL(invited.link).hash.slice(1)
  const accept = () => bounded.call('acceptInvitation', { as: bounded.anAccount(), body: { token } })
  const { problem } = await whileHung('invitations.find', accept)
  expect(problem).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('not processed') })
})

test('a read hangs after a confirmation: unknown, the same request again gets it', async ({ database, bounded }) => {
  const scene = await aScene(database, bounded)
  const hold = { ...(await scene.hold()), key: 'confirm once' }
  const { problem } = await whileHung('directory.videoRooms', () => bounded.call('confirmBooking', hold))
  expect(problem).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('the outcome is unknown') })
  expect(await scene.statuses()).toEqual(['CONFIRMED'])
  const again = await bounded.call('confirmBooking', hold)
  expect([again.status, again.body.version]).toEqual([200, 2])
  expect(again.body.joinUrl).toContain('https://meet.example.org/')
})

test('a read hangs after a claim: unknown, the same request again gets the booking', async ({ database, bounded }) => {
  const { body, statuses } = await aScene(database, bounded, { confirmByLink: true })
  const request = { body: { ...body, confirm: true }, key: 'book once' }
  const { problem } = await whileHung('bookingLinks.sent', () => bounded.call('createBooking', request))
  expect(problem).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('the outcome is unknown') })
  const again = await bounded.call('createBooking', request)
  expect([again.status, again.body.status]).toEqual([200, 'PENDING'])
  expect(again.body.confirmationLink?.sentAt).toBeDefined()
  expect(await statuses()).toEqual(['PENDING'])
})

test('a read hangs after a case request: unknown, the same request again gets it', async ({ database, bounded }) => {
  const { clinic, admin } = await aScene(database, bounded)
  const body = {
    patient: { mrn: '4711', name: 'Ada' },
    service: 'Urology',
    procedure: { code: 'C1', display: 'Cystoscopy' },
    minutes: 30,
  }
  const request = { path: { clinicId: clinic.id }, as: admin, body, key: 'request once' }
  const { problem } = await whileHung('theatre.caseRequest', () => bounded.call('createCaseRequest', request))
  expect(problem).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('the outcome is unknown') })
  expect((await bounded.call('createCaseRequest', request)).status).toBe(200)
  const { items } = (await bounded.call('listCaseRequests', { path: request.path, as: admin })).body
  expect(items).toHaveLength(1)
})

test('a full slot is refused as such, also when no alternatives can be read', async ({ database, bounded }) => {
  const { body } = await aScene(database, bounded)
  await bounded.call('createBooking', { body: { ...body, units: 4 } })
  const { problem } = await whileHung('reads.alternatives', () =>
    bounded.call('createBooking', { body: { ...body, units: 2 } }),
  )
  expect(problem).toMatchObject({ code: 'slot_full', alternatives: [] })
})
