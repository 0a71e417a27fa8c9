// Drill: an outage of a shard
import { randomUUID } from 'node:crypto'
import { until } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, signIn, signUp } from '../../test/running-server.ts'
import {
  type ShardedDatabase,
  type ShardedServer,
  sceneOf,
  serverOfShards,
  shardedDatabase,
} from '../../test/server-of-shards.ts'

/** A read takes at most 2 s, and a request with rights in a shard that hangs makes one. */
const boundMs = 4_000

let database: ShardedDatabase
let server: ShardedServer
let scene: Awaited<ReturnType<typeof openScene>>
beforeAll(async () => {
  database = await shardedDatabase(3)
  server = await serverOfShards(database)
  scene = await openScene()
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

const get = (path: string, options: Parameters<typeof call>[1] = {}) => call(`${server.url}/api/v1${path}`, options)

/** A response, which must be there within the bound. */
async function soon<Response>(response: Promise<Response>, msMax = boundMs): Promise<Response> {
  const beganMs = performance.now()
  const received = await response
  expect(performance.now() - beganMs).toBeLessThan(msMax)
  return received
}

/** A clinic in each database, and people with roles in the last two, in the last alone, in both, and in none. */
async function openScene() {
  const { admin, api, aClinicIn, aDoctor, slotsOf } = await sceneOf(server.url, database)
  const clinics = []
  for (const index of database.shards.keys()) {
    const clinicId = await aClinicIn(index)
    const doctorId = await aDoctor(clinicId, { specialization: 'Hanging' })
    clinics.push({ clinicId, doctorId, ...(await slotsOf(doctorId, 6)) })
  }
  const [, hung, well] = clinics
  if (hung === undefined || well === undefined) throw new Error('There are three databases.')
  const accept = async (clinicId: string, bearer: string) => {
    const { body } = await api('POST', `/clinics/${clinicId}/invitations`, { email: 'a@example.org', role: 'staff' })
    await api('POST', '/invitations/accept', { token: String(body.link).split('#')[1] }, bearer)
  }
  const aPerson = async (...clinicIds: string[]) => {
    const email = `${randomUUID()}@example.org`
    const { id, token } = await signUp(server.url, email)
    for (const clinicId of clinicIds) await accept(clinicId, token)
    return { id, token, login: { email, password: 'a password of ten' } }
  }
  return {
    admin,
    hung,
    well,
    patient: await aPerson(),
    ofHung: await aPerson(hung.clinicId),
    ofWell: await aPerson(well.clinicId),
    ofBoth: await aPerson(hung.clinicId, well.clinicId),
  }
}

const desk = ({ clinicId }: { clinicId: string }, bearer: string) => get(`/clinics/${clinicId}/bookings`, { bearer })

/** What everybody but those of the hung shard's clinics is used to. */
async function othersAreServed(slotAt: number): Promise<void> {
  const { well, patient, ofWell, ofBoth } = scene
  for (const person of [patient, ofWell]) {
    const bearer = await soon(signIn(server.url, person.login))
    const me = await soon(get('/me', { bearer }))
    expect([me.status, me.body.incomplete]).toEqual([200, undefined])
  }
  expect((await soon(desk(well, await signIn(server.url, ofWell.login)))).status).toBe(200)
  // Somebody with roles in both uses the one that is there.
  const both = await soon(signIn(server.url, ofBoth.login))
  expect((await soon(desk(well, both))).status).toBe(200)
  const me = await soon(get('/me', { bearer: both }))
  expect(me.body).toMatchObject({ incomplete: true, memberships: [{ clinicId: well.clinicId }] })
  const body = { slotId: well.slots[slotAt]?.id, patient: { name: 'Pat' }, confirm: true }
  expect((await soon(get('/bookings', { method: 'POST', body, bearer: patient.token }))).status).toBe(201)
  const list = await soon(get(well.listPath))
  expect([list.status, list.body.stale]).toEqual([200, undefined])
}

describe('while a shard hangs', () => {
  const lists = ['/clinics?limit=100', '/doctors?specialization=Hanging', '/specializations']

  beforeAll(async () => {
    for (const path of lists) expect((await get(path)).body.stale).toBeUndefined()
    database.shards[1]?.proxy.hang()
  })

  test('before anybody knows, others sign in, book and read within the bounds', () => othersAreServed(0))

  test('rights in its clinics are unknown, and not missing: 503, and no 404', async () => {
    const { hung, well, ofHung, admin } = scene
    const bearer = await soon(signIn(server.url, ofHung.login))
    const refused = await soon(desk(hung, bearer))
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable'])
    expect((await soon(get('/me', { bearer }))).body).toMatchObject({ incomplete: true, memberships: [] })
    // An account without a role there is refused as always.
    expect((await soon(desk(well, bearer))).status).toBe(404)
    expect((await soon(desk(well, admin))).status).toBe(200)
    expect((await soon(desk(hung, admin))).status).toBe(503)
  })

  test('lists over all clinics are the last ones, or those of the other databases, at once', async () => {
    await until(async () => /the database is unavailable/.test(server.logText()), 'the breaker to open', 60_000)
    for (const path of lists) {
      const list = await soon(get(path), 1_000)
      expect([list.status, list.body.stale], path).toEqual([200, true])
    }
    const { well, hung } = scene
    // Never read before: there is no last one, and this one has the clinics of the other database.
    const unread = await soon(get('/clinics?limit=99'), 1_000)
    expect([unread.status, unread.body.stale]).toEqual([200, true])
    const ids = (unread.body.items as { id: string }[]).map(({ id }) => id)
    expect([ids.includes(well.clinicId), ids.includes(hung.clinicId)]).toEqual([true, false])
  })

  test('once it is known, nobody waits for it', async () => {
    await othersAreServed(1)
    const bearer = await soon(signIn(server.url, scene.ofHung.login), 2_000)
    expect((await soon(desk(scene.hung, bearer), 1_000)).status).toBe(503)
  })

  test('the health of the installation says so within seconds, and has the other databases', async () => {
    const { status, body } = await soon(get('/health', { bearer: scene.admin }), 5_000)
    const checks = body.checks as { name: string; database: string | null; state: string; reason: string | null }[]
    const ofDatabases = checks.filter(({ name }) => name === 'database' || name === 'event_tail')
    expect([status, body.state]).toEqual([200, 'failed'])
    expect(ofDatabases.map(({ database, name, state, reason }) => [database, name, state, reason])).toEqual([
      ['directory', 'database', 'ok', null],
      ['directory', 'event_tail', 'ok', null],
      ['shard-1', 'database', 'failed', 'no_response'],
      ['shard-1', 'event_tail', 'unknown', 'no_response'],
      ['shard-2', 'database', 'ok', null],
      ['shard-2', 'event_tail', 'ok', null],
    ])
    expect((await soon(get('/health', { bearer: scene.ofWell.token }))).status).toBe(403)
  })

  test('events of other clinics are in the security log, and those of its own when it is back', async () => {
    const { hung, well, ofHung, ofWell, admin } = scene
    const eventsOf = async ({ clinicId }: { clinicId: string }) => {
      const { body } = await get(`/clinics/${clinicId}/audit-events?limit=100`, { bearer: admin })
      return ((body.items ?? []) as { kind: string; actorId: string }[]).map(({ kind, actorId }) => [kind, actorId])
    }
    // The sign-in of somebody of the hung shard is waiting.
    await soon(signIn(server.url, ofHung.login))
    expect((await get(`/clinics/${well.clinicId}/invitations`, { bearer: ofWell.token })).status).toBe(403)
    const known = until(
      async () => (await eventsOf(well)).some(([kind, id]) => kind === 'denied' && id === ofWell.id),
      'the event of the other clinic',
    )
    await soon(known)
    await database.shards[1]?.proxy.cut()
    await database.shards[1]?.proxy.restore()
    await until(
      async () => {
        const known = await eventsOf(hung)
        return known.some(([kind, id]) => kind === 'sign_in' && id === ofHung.id)
      },
      'the events of the clinic that is back',
      60_000,
    )
  })

  test('and then its people have their roles again', async () => {
    const { hung, ofHung, ofBoth } = scene
    for (const person of [ofHung, ofBoth]) {
      const bearer = await signIn(server.url, person.login)
      await until(async () => (await desk(hung, bearer)).status === 200, 'the role')
      expect((await get('/me', { bearer })).body.incomplete).toBeUndefined()
    }
  })
})
