import { randomUUID } from 'node:crypto'
import { aClinic, aDoctor, aSlot, type DatabaseProxy, databaseProxy, lapseHolds, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, serverOn, signIn, signUp } from '../../test/running-server.ts'

const token = 'a metrics token of some length'
let server: RunningServer
let slotId: string
/** A slot with room for two. */
let smallSlot: Awaited<ReturnType<typeof aSlot>>
let clinicId: string
let doctorId: string

beforeAll(async () => {
  server = await runningServer({ HOLDFAST_METRICS_PORT: '0', HOLDFAST_SLOW_REQUEST_MS: '1' })
  const clinic = await aClinic(server.database)
  clinicId = clinic.id
  const doctor = await aDoctor(server.database, clinic, { appointmentTypes: ['in_person', 'video'] })
  doctorId = doctor.id
  slotId = (await aSlot(server.database, doctor, { capacity: 100 })).id
  smallSlot = await aSlot(server.database, await aDoctor(server.database, clinic), { capacity: 2 })
})
afterAll(() => server.end())

const book = (body: object, url = server.url) =>
  call(`${url}/api/v1/bookings`, { method: 'POST', body, headers: { 'idempotency-key': randomUUID() } })

/** The samples of one metric, by their labels as they stand. */
async function samples(name: string): Promise<Record<string, number>> {
  const { text } = await call(`${server.metricsUrl}/metrics`)
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(name.length, end), Number(line.slice(end + 1))]
    }),
  )
}

describe('/metrics', () => {
  test('counts requests by route and status, never by path', async () => {
    await call(`${server.url}/api/v1/clinics/${clinicId}`)
    await call(`${server.url}/api/v1/clinics/${clinicId.slice(0, -1)}${clinicId.endsWith('0') ? '1' : '0'}?q=secret`)
    await call(`${server.url}/made/up/${randomUUID()}`)
    const counts = await samples('holdfast_http_request_duration_seconds_count')
    expect(counts['{route="/api/v1/clinics/:clinicId",method="GET",status="200"}']).toBeGreaterThanOrEqual(1)
    expect(counts['{route="none",method="GET",status="404"}']).toBe(1)
    const { text, headers } = await call(`${server.metricsUrl}/metrics`)
    expect(headers.get('content-type')).toMatch(/^text\/plain/)
    expect(text).not.toContain(clinicId)
    expect(text).not.toContain('made/up')
  })

  test('counts claims by outcome, and shows batches, queues, pools and holds', async () => {
    const small = { slotId: smallSlot.id, patient: { name: 'P' } }
    expect((await book(small)).status).toBe(201)
    expect((await book({ ...small, confirm: true })).status).toBe(201)
    expect((await book(small)).status).toBe(409)
    const claims = await samples('holdfast_claims_total')
    expect(claims).toMatchObject({ '{outcome="booked"}': 2, '{outcome="slot_full"}': 1 })
    expect((await samples('holdfast_batch_size_count'))['{queue="claim"}']).toBe(3)
    expect((await samples('holdfast_batch_size_sum'))['{queue="claim"}']).toBe(3)
    expect((await samples('holdfast_batch_duration_seconds_count'))['{queue="claim",failed="false"}']).toBe(3)
    expect((await samples('holdfast_queue_wait_seconds_count'))['{queue="claim"}']).toBe(3)
    expect((await samples('holdfast_queue_depth'))['{queue="claim"}']).toBe(0)
    expect((await samples('holdfast_batches_in_flight'))['{queue="claim"}']).toBe(0)
    const pools = await samples('holdfast_pool_connections')
    for (const pool of ['write', 'read', 'accounts']) {
      expect(pools[`{pool="${pool}",state="used"}`], pool).toBe(0)
      expect(pools[`{pool="${pool}",state="waiting"}`], pool).toBe(0)
    }
    await until(async () => (await samples('holdfast_active_holds'))[''] === 1, 'one active hold in the metrics')
    // Transactions of other test files are older for a while.
    await until(async () => (await samples('holdfast_event_tail_lag_seconds'))[''] === 0, 'no lag in the metrics')
    // Partitions exist for this month and the next three.
    const daysLeft = ((await samples('holdfast_partition_seconds_left'))[''] ?? 0) / 86_400
    expect(daysLeft).toBeGreaterThan(85)
    expect(daysLeft).toBeLessThan(125)
    expect(Object.keys(await samples('holdfast_process_resident_memory_bytes'))).toHaveLength(1)
  })

  test('a lapsed hold is not counted as active', async () => {
    await lapseHolds(server.database, smallSlot)
    await until(async () => (await samples('holdfast_active_holds'))[''] === 0, 'no active hold in the metrics')
  })

  test('e-mails with links that wait are counted, and the age of the oldest', async () => {
    const waiting = async () => [
      (await samples('holdfast_account_mails_waiting'))[''],
      Math.floor((await samples('holdfast_account_mails_waiting_seconds'))[''] ?? Number.NaN),
    ]
    expect(await waiting()).toEqual([0, 0])
    await server.database.ownerPool.query(`
      insert into holdfast.account_mail (id, kind, is_request, sealed, expires_at, created_at)
       select gen_random_uuid(), 'invitation', false, '', now() + interval '1 day', now() - make_interval(hours => n)
         from generate_series(1, 2) n`)
    await until(async () => (await waiting())[0] === 2, 'two waiting e-mails in the metrics')
    expect((await waiting())[1]).toBeGreaterThanOrEqual(7_200)
    await server.database.ownerPool.query('delete from holdfast.account_mail')
  })

  test('an open transaction delays the log’s tail, and the lag reports how long', async () => {
    const open = await server.database.ownerPool.connect()
    try {
      await open.query('begin')
      await open.query('select pg_current_xact_id()')
      expect((await book({ slotId, patient: { name: 'P' } })).status).toBe(201)
      await until(async () => ((await samples('holdfast_event_tail_lag_seconds'))[''] ?? 0) > 0, 'a lag in the metrics')
    } finally {
      await open.query('rollback')
      open.release()
    }
  })

  test('is not on the main port if it has a separate one, and nowhere without port or token', async () => {
    expect((await call(`${server.url}/metrics`)).status).toBe(404)
  })

  test('on the main port requires its token', async () => {
    const guarded = await serverOn(server.database, { HOLDFAST_METRICS_TOKEN: token })
    try {
      for (const bearer of [undefined, 'wrong', `${token}x`, token.slice(1)]) {
        const response = await call(`${guarded.url}/metrics`, bearer === undefined ? {} : { bearer })
        expect(response.status).toBe(401)
      }
      expect((await call(`${guarded.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
    } finally {
      await guarded.stop()
    }
  })
})

describe('probes', () => {
  test('a server with a database and a current schema is alive and ready', async () => {
    expect((await call(`${server.url}/livez`)).body).toEqual({ status: 'alive' })
    const ready = await call(`${server.url}/readyz`)
    expect(ready.status).toBe(200)
    expect(ready.body.checks).toEqual({ server: 'accepting', database: 'reachable', migrations: 'current' })
  })

  test('a schema without the latest migration is not ready until it is migrated', async () => {
    const { rows } = await server.database.ownerPool.query(`delete from holdfast.migration
        where version = (select max(version) from holdfast.migration) returning *`)
    const pending = await call(`${server.url}/readyz`)
    expect(pending.status).toBe(503)
    expect(pending.body.checks).toMatchObject({ database: 'reachable', migrations: 'pending' })
    const [row] = rows
    await server.database.ownerPool.query(sql`insert into holdfast.migration (version, name, checksum)
        values (${row.version}, ${row.name}, ${row.checksum})`)
    expect((await call(`${server.url}/readyz`)).status).toBe(200)
  })

  describe('of a server that loses its database', () => {
    let proxy: DatabaseProxy
    let cutOff: Awaited<ReturnType<typeof serverOn>>

    beforeAll(async () => {
      proxy = await databaseProxy(server.database.appUrl)
      cutOff = await serverOn({ ownerUrl: server.database.ownerUrl, appUrl: proxy.url })
      return async () => {
        await cutOff.stop()
        await proxy.end()
      }
    })

    const claim = () => book({ slotId, patient: { name: 'P' } }, cutOff.url)

    test('report it, requests get 503, and all recovers when it is back', async () => {
      expect((await claim()).status).toBe(201)
      await proxy.cut()
      const unready = await call(`${cutOff.url}/readyz`)
      expect(unready.status).toBe(503)
      expect(unready.body.checks).toMatchObject({ database: 'unreachable', migrations: 'unknown' })
      expect((await call(`${cutOff.url}/livez`)).status).toBe(200)
      for (const response of [await call(`${cutOff.url}/api/v1/clinics`), await claim()]) {
        expect(response.status).toBe(503)
        expect(response.body.code).toBe('unavailable')
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      }
      await proxy.restore()
      await until(async () => (await call(`${cutOff.url}/readyz`)).status === 200, 'ready again')
      // Writes are let through once the tail has found the database as well.
      await until(async () => (await claim()).status === 201, 'a booking after the return')
    })

    test('report it within seconds also when it does not respond', async () => {
      proxy.hang()
      const startedAt = performance.now()
      expect((await call(`${cutOff.url}/readyz`)).status).toBe(503)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      expect((await call(`${cutOff.url}/livez`)).status).toBe(200)
      await proxy.cut()
      await proxy.restore()
    })
  })
})

/** What only the requests of the next test have: names, contacts, reasons, record numbers, ids and credentials. */
const marks = /Persephone|unlikely|private|555 0199/i

/** Requests with marked data that are refused: for what they contain, for who sends them, or for where they go. */
async function refusedRequests(bearer: string): Promise<number[]> {
  const post = (path: string, body: object, options: { bearer?: string } = {}) =>
    call(`${server.url}${path}`, { method: 'POST', body, ...options })
  const patient = { mrn: 'PRIVATE-4711', name: 'Persephone Unlikely', birthDate: '1971-02-03' }
  const place = { clinicId, roomId: doctorId, surgeonId: doctorId, startsAt: '2099-01-01T08:00:00Z', minutes: 60 }
  const theatreCase = { ...place, patient, service: 'private service', procedure: { name: 'a private procedure' } }
  const responses = await Promise.all([
    post('/api/v1/cases', theatreCase, { bearer }),
    post('/api/v1/cases', { ...theatreCase, minutes: 'private' }, { bearer }),
    post('/api/v1/cases', theatreCase, { bearer: 'a-private-bearer' }),
    post('/api/v1/waitlist-entries', { doctorId, patient, note: 'a private note' }),
    post('/api/auth/sign-in/email', { email: 'persephone@unlikely.example', password: 'a-private-password' }),
    call(`${server.url}/api/v1/bookings/private-id?reason=private`, { bearer: 'hfm_private-token' }),
    call(`${server.url}/api/v1/calendar-feeds/private-token.ics`),
    call(`${server.url}/private/Persephone?q=unlikely`),
    call(`${server.url}/api/v1/me`, { headers: { authorization: 'Basic private', cookie: 'session=private' } }),
  ])
  return responses.map(({ status }) => status)
}

describe('the log', () => {
  test('contains no patients, credentials or URLs with their query on any level, whatever fails', async () => {
    const secrets = {
      name: 'Persephone Unlikely',
      email: 'persephone@unlikely.example',
      phone: '+1 555 0199',
      reason: 'a very private reason',
    }
    const { name, email, phone, reason } = secrets
    const booked = await book({ slotId, patient: { name, email, phone }, reason })
    await book({ slotId: 'no id', patient: { name, email, phone, unlikely: reason }, reason })
    await call(`${server.url}/api/v1/bookings`, { method: 'POST', body: `{"patient":{"name":"${name}"` })
    const account = await signUp(server.url, `${randomUUID()}@unlikely.example`, 'a-secret-password')
    await call(`${server.url}/api/v1/clinics/${clinicId}/bookings?from=2026-01-01&to=2026-01-02&q=Persephone`, {
      bearer: account.token,
    })
    await call(`${server.url}/api/v1/me`, { headers: { cookie: 'better-auth.session_token=a-forged-cookie' } })
    const room = 'https://video.unlikely.example/{room}'
    const administratorToken = await signIn(server.url)
    const setRoom = (url: string) =>
      call(`${server.url}/api/v1/doctors/${doctorId}/video-room`, {
        method: 'PUT',
        bearer: administratorToken,
        body: { url },
      })
    expect((await setRoom(room)).status).toBe(200)
    expect((await setRoom(`${room}{room}`)).status).toBe(400)
    const visit = { slotId, patient: { name }, appointmentType: 'video', confirm: true }
    const visited = await book(visit)
    const read = await call(`${server.url}/api/v1/bookings/${visited.body.id}`, {
      bearer: String(visited.body.manageToken),
    })
    const joinUrl = String(read.body.joinUrl)
    expect(joinUrl).toMatch(/^https:\/\/video\.unlikely\.example\/[0-9a-f]{32}$/)
    // A failure inside: PostgreSQL's own message would quote the row.
    await server.database.ownerPool.query(`
      alter table holdfast.resource add constraint planted check (video_room not like '%unlikely%') not valid`)
    expect((await setRoom(room)).status).toBe(500)
    await server.database.ownerPool.query('alter table holdfast.resource drop constraint planted')
    await server.database.ownerPool.query(`
      alter table holdfast.booking add constraint planted check (patient->>'name' <> 'Persephone Unlikely') not valid`)
    const failed = await book({ slotId, patient: { name, email, phone }, reason })
    expect(failed.status).toBe(500)
    expect(failed.body.code).toBe('internal_error')
    await server.database.ownerPool.query('alter table holdfast.booking drop constraint planted')
    for (const status of await refusedRequests(administratorToken)) expect(status).toBeGreaterThanOrEqual(400)

    const log = server.logText()
    // On level debug, each request has its line, and here also that of slow ones: a guest's booking, and a change.
    expect(log).toContain('"msg":"request completed"')
    const divided = /"totalMs":\d+,.*"databaseMs":\d+,"restMs":\d+,"statements":[1-9]\d*,"msg":"slow request"/
    for (const route of ['/api/v1/bookings', '/api/v1/doctors/:doctorId/video-room']) {
      const lines = log.split('\n').filter((line) => line.includes(`"route":"${route}"`))
      expect(lines.join('\n'), route).toMatch(divided)
    }
    expect(log).toContain('request failed')
    expect(log).toContain(String(failed.body.instance))
    const credentials = { password: 'a-secret-password', session: account.token, cookie: 'a-forged-cookie' }
    const manageToken = String(booked.body.manageToken ?? 'none')
    for (const [what, text] of Object.entries({ ...secrets, ...credentials, manageToken, joinUrl })) {
      expect(log.includes(text), what).toBe(false)
      if (what !== 'manageToken') expect(failed.text.includes(text), what).toBe(false)
    }
    expect(log).not.toMatch(marks)
    // Negative control: a line that has one of them.
    server.log.debug({ booked: { patient: secrets } }, 'planted')
    expect(server.logText()).toMatch(marks)
  })
})
