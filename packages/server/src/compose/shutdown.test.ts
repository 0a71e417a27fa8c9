// Nightly: each stage of a shutdown
import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aSlot,
  checkHistory,
  createTestDatabase,
  holdLock,
  type TestDatabase,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, settingsFor } from '../../test/running-server.ts'
import { type ServerProcess, serverProcess } from '../../test/server-process.ts'

const clients = 40

let database: TestDatabase
let server: ServerProcess
let slotId: string

beforeEach(async () => {
  database = await createTestDatabase()
  const doctor = await aDoctor(database, await aClinic(database))
  slotId = (await aSlot(database, doctor, { capacity: 1_000_000 })).id
  server = await serverProcess(settingsFor(database))
  return async () => {
    await server.end('SIGKILL')
    await database.drop()
  }
})

/** Books with a key. @returns the status, or null if the connection was refused or lost */
async function book(key: string, url = server.url): Promise<number | null> {
  try {
    const response = await call(`${url}/api/v1/bookings`, {
      method: 'POST',
      body: { slotId, patient: { name: 'Patient' }, confirm: true },
      headers: { 'idempotency-key': key },
    })
    return response.status
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

/** Clients that each book in a loop until `stop` is called or their server is gone. */
function load() {
  const responses: { key: string; status: number | null }[] = []
  let isOver = false
  const client = async () => {
    while (!isOver) {
      const key = randomUUID()
      const status = await book(key)
      responses.push({ key, status })
      if (status === null) return
    }
  }
  const done = Promise.all(Array.from({ length: clients }, client))
  return {
    responses,
    until: (count: number) =>
      until(
        async () => responses.length >= count,
        () => `${responses.length} responses so far`,
      ),
    /** Resolves when every client has lost its server. */
    done,
    async stop() {
      isOver = true
      await done
    },
  }
}

/** Polls with a read, because a claim would wait for the lock that these tests hold. */
function stopsAccepting(): Promise<true> {
  return until(
    async () => (await call(`${server.url}/api/v1/clinics`).catch(() => null)) === null,
    'the server still listens',
  )
}

async function bookings(): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(`select count(*)::int as count
      from holdfast.booking`)
  return rows[0]?.count ?? 0
}

describe('SIGTERM under load', () => {
  test('every accepted claim gets a response, none is lost, and the process ends', async () => {
    const running = load()
    await running.until(200)
    const code = await server.end('SIGTERM')
    await running.stop()
    expect(code).toBe(0)
    const booked = running.responses.filter((response) => response.status === 201).length
    const statuses = new Set(running.responses.map((response) => response.status))
    expect(booked).toBeGreaterThanOrEqual(100)
    expect(await bookings()).toBe(booked)
    // A claim that was not accepted got a 503 or found no server.
    for (const status of statuses) expect([201, 503, null]).toContain(status)
    expect(await checkHistory(database)).toEqual([])
  })

  test('shutdown waits for a claim that waits for a lock', async () => {
    const lock = await holdLock(database.ownerPool, 'select from holdfast.slot for update')
    const response = book(randomUUID())
    await untilLockWaiters(database, 1)
    const ended = server.end('SIGTERM')
    await stopsAccepting()
    await lock.release()
    expect(await response).toBe(201)
    expect(await ended).toBe(0)
    expect(await bookings()).toBe(1)
  })

  test('a second signal stops the server immediately', async () => {
    const lock = await holdLock(database.ownerPool, 'select from holdfast.slot for update')
    const response = book(randomUUID())
    await untilLockWaiters(database, 1)
    const ended = server.end('SIGTERM')
    await stopsAccepting()
    server.child.kill('SIGTERM')
    expect(await ended).toBe(130)
    expect(await response).toBeNull()
    await lock.release()
  })
})

describe('kill -9 under load', () => {
  test('leaves no partial writes: the next server resolves every claim by its key', async () => {
    const running = load()
    await running.until(200)
    await server.end('SIGKILL')
    // The clients are not stopped: a response sent before the kill may arrive after it, and each client must see the
    // lost connection.
    await running.done
    const withoutResponse = running.responses.filter((response) => response.status === null)
    expect(withoutResponse.length).toBe(clients)

    const next = await serverProcess(settingsFor(database))
    try {
      for (const { key } of withoutResponse) expect([200, 201]).toContain(await book(key, next.url))
      expect(await bookings()).toBe(running.responses.length)
      expect(await checkHistory(database)).toEqual([])
    } finally {
      await next.end()
    }
  })
})

describe('a response that takes too long', () => {
  test('is a 503; the claim continues, and its key returns the outcome', async () => {
    const hurried = await serverProcess({ ...settingsFor(database), HOLDFAST_ANSWER_SECONDS_MAX: '1' })
    try {
      const key = randomUUID()
      const lock = await holdLock(database.ownerPool, 'select from holdfast.slot for update')
      expect(await book(key, hurried.url)).toBe(503)
      await lock.release()
      await until(async () => (await bookings()) === 1, 'the claim to be booked nevertheless')
      // One second may be too short again.
      const outcome = await until(async () => {
        const status = await book(key, hurried.url)
        return status === 503 ? undefined : status
      }, 'the outcome')
      expect(outcome).toBe(200)
      expect(await bookings()).toBe(1)
    } finally {
      await hurried.end()
    }
  })
})
