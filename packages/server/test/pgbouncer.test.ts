// Drill: an installation behind PgBouncer
import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aSlot,
  createTestDatabase,
  type PgBouncer,
  startPgBouncer,
  type TestDatabase,
  until,
  whyNoPgBouncer,
} from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, serverOn, settingsFor, signIn, signUp } from './running-server.ts'

if (whyNoPgBouncer !== null) console.warn(`PgBouncer is not tested here: ${whyNoPgBouncer}`)

/** The settings of a server whose connections all lead to PgBouncer, but for DATABASE_DIRECT_URL. */
function behind(bouncer: PgBouncer, database: TestDatabase): Record<string, string> {
  return {
    ...settingsFor(database),
    DATABASE_URL: bouncer.urlOf(database.ownerUrl),
    DATABASE_APP_URL: bouncer.urlOf(database.sessionUrl),
    DATABASE_DIRECT_URL: database.ownerUrl,
  }
}

describe.runIf(whyNoPgBouncer === null)('a server behind PgBouncer in transaction mode', () => {
  let database: TestDatabase
  let bouncer: PgBouncer
  let server: Awaited<ReturnType<typeof serverOn>>

  beforeAll(async () => {
    database = await createTestDatabase()
    bouncer = await startPgBouncer(database.ownerUrl)
    server = await serverOn(database, { ...behind(bouncer, database), HOLDFAST_RATE_LIMIT: 'on' })
  })
  afterAll(async () => {
    await server?.stop()
    await bouncer?.stop()
    await database?.drop()
  })

  test('finds the pooler at its start, books, confirms, moves and cancels', async () => {
    expect(server.logText()).toContain('behind a connection pooler')
    const doctor = await aDoctor(database, await aClinic(database))
    const from = await aSlot(database, doctor)
    const to = await aSlot(database, doctor)
    const key = randomUUID()
    const book = () =>
      call(`${server.url}/api/v1/bookings`, {
        method: 'POST',
        body: { slotId: from.id, patient: { name: 'Patient' } },
        headers: { 'idempotency-key': key },
      })
    const [booked, again] = [await book(), await book()]
    expect([booked.status, again.status, again.body.id]).toEqual([201, 200, booked.body.id])
    const change = (name: string, body: object = {}) =>
      call(`${server.url}/api/v1/bookings/${booked.body.id}/${name}`, {
        method: 'POST',
        body,
        bearer: String(booked.body.manageToken),
      })
    expect((await change('confirm')).body.status).toBe('CONFIRMED')
    expect((await change('reschedule', { slotId: to.id })).body.slotId).toBe(to.id)
    expect((await change('cancel')).body.status).toBe('CANCELLED')
    const { rows } = await database.ownerPool.query('select distinct taken from holdfast.slot')
    expect(rows).toEqual([{ taken: 0 }])
  })

  test('signs accounts in, whose tables are in another schema', async () => {
    await signIn(server.url)
    const { token } = await signUp(server.url, 'patient@example.org')
    const [bookings, clinics] = await Promise.all([
      call(`${server.url}/api/v1/me/bookings`, { bearer: token }),
      call(`${server.url}/api/v1/clinics`),
    ])
    expect([bookings.status, clinics.status]).toEqual([200, 200])
  })

  test('receives what another process committed, by a connection of its own', async () => {
    const { rows } = await database.ownerPool.query(`select pid from pg_stat_activity
        where application_name = 'holdfast tail' and (query like 'listen%' or query = 'select 1')`)
    expect(rows).toHaveLength(1)
    const clinic = await aClinic(database)
    await until(async () => (await call(`${server.url}/api/v1/clinics/${clinic.id}`)).status === 200, 'the new clinic')
  })
})

describe.runIf(whyNoPgBouncer === null)('the start behind PgBouncer', () => {
  let database: TestDatabase

  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(() => database?.drop())

  async function startBehind(mode: 'transaction' | 'session' | 'statement', env: Record<string, string>) {
    const bouncer = await startPgBouncer(database.ownerUrl, mode)
    try {
      const server = await serverOn(database, { ...behind(bouncer, database), ...env })
      const { status } = await call(`${server.url}/readyz`)
      await server.stop()
      return status
    } finally {
      await bouncer.stop()
    }
  }

  test('without a direct connection is refused, and says what to set', async () => {
    await expect(startBehind('transaction', { DATABASE_DIRECT_URL: '' })).rejects.toThrow('set DATABASE_DIRECT_URL')
  })

  test('with pool mode statement is refused by name', async () => {
    await expect(startBehind('statement', {})).rejects.toThrow('pool mode statement')
    await expect(startBehind('statement', { DATABASE_DIRECT_URL: '' })).rejects.toThrow('pool mode statement')
  })

  test('with pool mode session needs no direct connection', async () => {
    expect(await startBehind('session', { DATABASE_DIRECT_URL: '', DATABASE_POOL: 'session' })).toBe(200)
  })

  test('the control: as if it were PostgreSQL, no connection of the server is accepted', async () => {
    await expect(startBehind('transaction', { DATABASE_POOL: 'direct' })).rejects.toThrow('startup parameter')
  })
})
