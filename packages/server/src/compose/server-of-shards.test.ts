// Nightly: each list, with several databases
import { randomUUID } from 'node:crypto'
import { parsePosition, shardOfEpoch } from '@holdfast/contract/position'
import { clinicNoIn } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { call, signUp } from '../../test/running-server.ts'
import {
  type Scene,
  type ShardedDatabase,
  type ShardedServer,
  sceneOf,
  serverOfShards,
  shardedDatabase,
} from '../../test/server-of-shards.ts'

let database: ShardedDatabase
let server: ShardedServer
/** Another process on the same shards. */
let other: ShardedServer
let scene: Scene
beforeAll(async () => {
  database = await shardedDatabase(3)
  server = await serverOfShards(database)
  other = await serverOfShards(database)
  scene = await sceneOf(server.url, database)
})
afterAll(async () => {
  await server.stop()
  await other.stop()
  await database.drop()
})

const get = (path: string, options: Parameters<typeof call>[1] = {}, { url } = server) =>
  call(`${url}/api/v1${path}`, options)
const post = (path: string, body: unknown, { key, ...options }: { key?: string; bearer?: string } = {}) =>
  get(path, { method: 'POST', body, ...(key ? { headers: { 'idempotency-key': key } } : {}), ...options })

type Item = Record<string, unknown> & { id: string }
const itemsOf = ({ body }: { body: Record<string, unknown> }) => body.items as Item[]

/** A clinic with a doctor and slots in each shard. */
async function aClinicInEach(specialization = 'Cardiology') {
  const all = []
  for (const index of database.shards.keys()) {
    const clinicId = await scene.aClinicIn(index)
    const doctorId = await scene.aDoctor(clinicId, { name: `Dr. ${index}`, specialization })
    all.push({ index, clinicId, doctorId, ...(await scene.slotsOf(doctorId)) })
  }
  return all
}

const bookingOf = (slotId: string) => ({ slotId, patient: { name: 'Pat', email: 'pat@example.org' } })

describe('clinics', () => {
  test('get the next numbers of the directory, are each in one database, and are spread over all', async () => {
    const ids = []
    for (let n = 0; n < 8; n += 1) ids.push(await scene.aClinic(`Clinic ${n}`))
    const numbers = ids.map((id) => clinicNoIn(id) ?? 0)
    expect(numbers).toEqual(Array.from(numbers, (_, n) => (numbers[0] ?? 0) + n))
    const used = new Set<number>()
    for (const id of ids) {
      const found = await database.withClinic(id)
      expect(found.map(({ no }) => no)).toEqual([await scene.shardOfId(id)])
      for (const { no } of found) used.add(no)
      // The other process has not heard of it.
      for (const at of [server, other]) {
        expect(await get(`/clinics/${id}`, {}, at)).toMatchObject({ status: 200, body: { id } })
      }
    }
    expect([...used].toSorted()).toEqual([0, 1, 2])
  })

  test('are created once for a key, also by another process', async () => {
    const [key, body] = [randomUUID(), { name: 'Once', timezone: 'UTC' }]
    const bearer = scene.admin
    const first = await post('/clinics', body, { key, bearer })
    const headers = { 'idempotency-key': key }
    const again = await get('/clinics', { method: 'POST', body, bearer, headers }, other)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual(first.body)
    expect(await post('/clinics', { ...body, name: 'Twice' }, { key, bearer })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    })
  })

  test('negative control: a clinic that the directory does not know is not found', async () => {
    const clinicId = await scene.aClinicIn(1)
    const no = clinicNoIn(clinicId)
    const note = () => database.ownerPool.query('insert into holdfast.clinic_shard values ($1, 1)', [no])
    await database.ownerPool.query('delete from holdfast.clinic_shard where clinic_no = $1', [no])
    onTestFinished(async () => void (await note()))
    expect(await get(`/clinics/${clinicId}`, {}, other)).toMatchObject({ status: 404 })
  })

  test('that a restore of their database has lost are not found, and their numbers are not drawn again', async () => {
    const clinicId = await scene.aClinicIn(1)
    expect((await get(`/clinics/${clinicId}`)).status).toBe(200)
    await database.shards[1]?.database.ownerPool.query(
      `with settings as (delete from holdfast.message_settings where clinic_no = $1)
       delete from holdfast.clinic where no = $1`,
      [clinicNoIn(clinicId)],
    )
    const started = await serverOfShards(database)
    onTestFinished(() => started.stop())
    expect((await get(`/clinics/${clinicId}`, {}, started)).status).toBe(404)
    const { body } = await get('/clinics?limit=100', {}, started)
    expect(itemsOf({ body }).map(({ id }) => id)).not.toContain(clinicId)
    const doctor = { clinicId, name: 'Dr. Lost', specialization: 'Cardiology' }
    expect((await post('/doctors', doctor, { bearer: scene.admin })).status).toBe(404)
    expect(await scene.shardOfId(clinicId)).toBe(1)
    expect(clinicNoIn(await scene.aClinicIn(1))).toBeGreaterThan(clinicNoIn(clinicId) ?? Number.NaN)
  })
})

describe('bookings', () => {
  test('are made, confirmed, moved, listed and cancelled in the shard of their clinic', async () => {
    for (const { clinicId, slots, listPath, index } of await aClinicInEach()) {
      const [slot, free] = slots
      if (slot === undefined || free === undefined) throw new Error('There are no slots.')
      const key = randomUUID()
      const booked = await post('/bookings', bookingOf(slot.id), { key })
      expect(booked.status).toBe(201)
      const again = await post('/bookings', bookingOf(slot.id), { key })
      expect([again.status, again.body.id]).toEqual([200, booked.body.id])
      expect(await scene.shardOfId(String(booked.body.id))).toBe(index)
      const available = async () => {
        const position = booked.headers.get('holdfast-position') ?? ''
        return itemsOf(await get(listPath, { headers: { 'holdfast-position': position } })).map((one) => one.available)
      }
      expect(await available()).toEqual([1, 2, 2])
      const bearer = String(booked.body.manageToken)
      const path = `/bookings/${booked.body.id}`
      expect(await post(`${path}/confirm`, {}, { bearer })).toMatchObject({
        status: 200,
        body: { status: 'CONFIRMED' },
      })
      const moved = await post(`${path}/reschedule`, { slotId: free.id }, { bearer, key: randomUUID() })
      expect(moved.status).toBe(200)
      expect(await available()).toEqual([2, 1, 2])
      const desk = await scene.api('GET', `/clinics/${clinicId}/bookings`)
      expect(itemsOf(desk).map(({ id, status }) => [id, status])).toContainEqual([moved.body.id, 'CONFIRMED'])
      const last = `/bookings/${moved.body.id}/cancel`
      expect(await post(last, {}, { bearer: String(moved.body.manageToken ?? bearer) })).toMatchObject({ status: 200 })
      expect(await available()).toEqual([2, 2, 2])
      const verified = await scene.api('GET', `/clinics/${clinicId}/verify`)
      expect(verified.body).toMatchObject({ overbooked: 0, mismatches: 0 })
    }
  })

  test('of 12 claims for two units of each shard, two are booked', async () => {
    const all = await aClinicInEach()
    const claims = all.flatMap(({ slots: [slot] }) => Array.from({ length: 12 }, () => bookingOf(slot?.id ?? '')))
    const statuses = (await Promise.all(claims.map((claim) => post('/bookings', claim)))).map(({ status }) => status)
    for (const [at] of all.entries()) {
      const ofShard = statuses.slice(at * 12, at * 12 + 12)
      expect(ofShard.toSorted((a, b) => a - b)).toEqual([201, 201, ...Array(10).fill(409)])
    }
  })

  test('a request that names slots of two shards is refused as one of two clinics', async () => {
    const [here, there] = await aClinicInEach()
    const booked = await post('/bookings', { ...bookingOf(here?.slots[0]?.id ?? ''), confirm: true })
    const moved = await post(
      `/bookings/${booked.body.id}/reschedule`,
      { slotId: there?.slots[0]?.id },
      { bearer: String(booked.body.manageToken) },
    )
    expect(moved).toMatchObject({ status: 404, body: { code: 'slot_not_found' } })
  })
})

describe('lists over all clinics', () => {
  /** Cached, so that only what outdates it changes it. */
  async function isCached(path: string): Promise<void> {
    const etag = (await get(path)).headers.get('etag') ?? ''
    expect((await get(path, { headers: { 'if-none-match': etag } })).status).toBe(304)
  }

  test('change at once after a write in any shard', async () => {
    const ids = database.shards.map(async (_, index) => scene.aClinicIn(index))
    for (const clinicId of await Promise.all(ids)) {
      const specialization = `Of ${clinicId}`
      const paths = ['/clinics?q=Renamed&limit=100', '/doctors?q=Listed&limit=100', '/specializations']
      for (const path of paths) await isCached(path)
      await scene.api('PATCH', `/clinics/${clinicId}`, { name: `Renamed ${clinicId}` })
      const doctorId = await scene.aDoctor(clinicId, { name: `Dr. Listed ${clinicId}`, specialization })
      const [clinics, doctors, specializations] = await Promise.all(paths.map((path) => get(path)))
      if (!clinics || !doctors || !specializations) throw new Error('There are three.')
      expect(itemsOf(clinics).map(({ id }) => id)).toContain(clinicId)
      expect(itemsOf(doctors).map(({ id }) => id)).toContain(doctorId)
      expect(itemsOf(specializations).map(({ name }) => name)).toContain(specialization)
    }
  })

  test('show the next free times after bookings in any shard', async () => {
    const specialization = `Next ${randomUUID()}`
    const all = await aClinicInEach(specialization)
    const path = `/doctors?specialization=${encodeURIComponent(specialization)}`
    const nextOf = async (doctorId: string) => itemsOf(await get(path)).find(({ id }) => id === doctorId)?.nextSlots
    for (const { doctorId, slots } of all) {
      await isCached(path)
      const next = (await nextOf(doctorId)) as { id: string; available: number }[]
      expect(next[0]).toMatchObject({ id: slots[0]?.id })
      for (let unit = 0; unit < 2; unit += 1) {
        const booked = await post('/bookings', { ...bookingOf(slots[0]?.id ?? ''), confirm: true })
        expect(booked.status).toBe(201)
      }
      const after = (await nextOf(doctorId)) as { id: string }[]
      expect(after[0]).toMatchObject({ id: slots[1]?.id })
    }
  })

  test('negative control: what is in no log does not change them, since they are cached', async () => {
    const clinicId = await scene.aClinic('Unlogged')
    const path = '/clinics?q=Unlogged'
    await isCached(path)
    const [shard] = await database.withClinic(clinicId)
    const client = await (shard?.database ?? database).ownerPool.connect()
    await client.query(`set session_replication_role = replica`)
    await client.query(`update holdfast.clinic set name = 'Unlogged and unread' where id = $1`, [clinicId])
    client.release(true)
    expect(itemsOf(await get(path)).map(({ name }) => name)).toEqual(['Unlogged'])
  })

  test('a write of another process is in them with its position, although its log is not read yet', async () => {
    const specialization = `Read ${randomUUID()}`
    const all = await aClinicInEach(specialization)
    const path = `/doctors?specialization=${encodeURIComponent(specialization)}`
    const nextOf = async (doctorId: string, headers = {}) => {
      const items = itemsOf(await get(path, { headers }, other))
      const [next] = (items.find(({ id }) => id === doctorId)?.nextSlots ?? []) as { id: string }[]
      return next?.id
    }
    for (const { doctorId, slots } of all) {
      const [first, second] = slots.map(({ id }) => id)
      await until(async () => (await nextOf(doctorId)) === first, 'the slots of the doctor')
      // Nothing that begins later is read from the logs before it ends.
      const open = await database.ownerPool.connect()
      onTestFinished(() => open.release(true))
      await open.query('begin; select pg_current_xact_id()')
      let position = ''
      for (const _unit of [0, 1]) {
        const booked = await post('/bookings', { ...bookingOf(first ?? ''), confirm: true })
        expect(booked.status).toBe(201)
        position = booked.headers.get('holdfast-position') ?? ''
      }
      expect(await nextOf(doctorId, { 'holdfast-position': position })).toBe(second)
      await open.query('commit')
      await until(async () => (await nextOf(doctorId)) === second, 'the list without a position')
    }
  })

  test('an account reads its bookings of all shards, and a guest none', async () => {
    const { token } = await signUp(server.url, `${randomUUID()}@example.org`)
    const all = await aClinicInEach()
    const booked = []
    for (const { slots } of all) {
      const { body } = await post('/bookings', { ...bookingOf(slots[0]?.id ?? ''), confirm: true }, { bearer: token })
      booked.push(String(body.id))
      expect(itemsOf(await get('/me/bookings', { bearer: token })).map(({ id }) => id)).toEqual(
        expect.arrayContaining(booked),
      )
    }
    expect((await get('/me/bookings')).status).toBe(401)
    // Pages go on through the shards.
    const pages = []
    let cursor = ''
    do {
      const { body } = await get(`/me/bookings?limit=1${cursor}`, { bearer: token })
      pages.push(...(body.items as Item[]).map(({ id }) => id))
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`
    } while (cursor !== '')
    expect(pages.toSorted()).toEqual(booked.toSorted())
  })

  test('an account sees the video visits of all shards, and who cancelled which', async () => {
    const { token } = await signUp(server.url, `${randomUUID()}@example.org`)
    const [visits, cancelled] = [new Map<string, unknown>(), new Set<string>()]
    for (const { doctorId, slots } of await aClinicInEach()) {
      await scene.api('PATCH', `/doctors/${doctorId}`, { appointmentTypes: ['in_person', 'video'] })
      await scene.api('PUT', `/doctors/${doctorId}/video-room`, { url: 'https://meet.example.org/{room}' })
      const book = async (slotId = '', appointmentType = 'video') => {
        const body = { ...bookingOf(slotId), appointmentType, confirm: true }
        return String((await post('/bookings', body, { bearer: token })).body.id)
      }
      const visit = await book(slots[0]?.id)
      visits.set(visit, (await get(`/bookings/${visit}`, { bearer: token })).body.joinUrl)
      const ended = await book(slots[1]?.id, 'in_person')
      expect(await post(`/bookings/${ended}/cancel`, {}, { bearer: token })).toMatchObject({ status: 200 })
      cancelled.add(ended)
    }
    const items = itemsOf(await get('/me/bookings', { bearer: token }))
    const listed = items.filter(({ id }) => visits.has(id)).map(({ id, joinUrl }) => [id, joinUrl] as const)
    for (const [, joinUrl] of listed) expect(joinUrl).toMatch(/^https:\/\/meet\.example\.org\/.+/)
    expect(new Map(listed)).toEqual(visits)
    const ended = items.filter(({ id }) => cancelled.has(id))
    expect(ended.map(({ cancelledBy }) => cancelledBy)).toEqual(['patient', 'patient', 'patient'])
  })
})

describe('Holdfast-Position', () => {
  test('names the shard of the write, and no read after it is older, in any process', async () => {
    for (const { index, slots, listPath } of await aClinicInEach()) {
      for (let unit = 0; unit < 2; unit += 1) {
        const booked = await post('/bookings', bookingOf(slots[1]?.id ?? ''))
        const position = booked.headers.get('holdfast-position') ?? ''
        const epoch = parsePosition(position)?.epoch ?? 0
        expect(shardOfEpoch(epoch)).toBe(database.shards[index]?.no)
        for (const at of [server, other]) {
          const list = await get(listPath, { headers: { 'holdfast-position': position } }, at)
          expect(itemsOf(list).map(({ available }) => available)).toEqual([2, 1 - unit, 2])
        }
      }
    }
  })

  test('of other shards, also of the future, says nothing about a shard: its list stays cached', async () => {
    const [here, there] = await aClinicInEach()
    if (here === undefined || there === undefined) throw new Error('There are two shards.')
    const booked = await post('/bookings', bookingOf(there.slots[0]?.id ?? ''))
    const [epoch] = (booked.headers.get('holdfast-position') ?? '').split('.')
    const future = { 'holdfast-position': `${epoch}.99999999999` }
    const first = await get(here.listPath)
    const second = await get(here.listPath, {
      headers: { ...future, 'if-none-match': first.headers.get('etag') ?? '' },
    })
    expect([second.status, second.headers.get('holdfast-position')]).toEqual([304, null])
    // The control: in its own shard, it costs a read of the database, which has the booking.
    const own = await get(there.listPath, { headers: future })
    expect(itemsOf(own).map(({ available }) => available)).toEqual([1, 2, 2])
  })
})
