// Nightly: each operation while the network drops packets
import { aClinic, aDoctor, aSlot, type BuiltSlot, databaseProxy, type TestDatabase, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { call, serverOn, settingsFor } from '../../test/running-server.ts'
import { createLogger } from '../observe/logger.ts'
import { startWorker } from '../worker.ts'

const claims = 12

async function hungServer(database: TestDatabase, env: Record<string, string> = {}) {
  const proxy = await databaseProxy(database.appUrl)
  const server = await serverOn({ ownerUrl: database.ownerUrl, appUrl: proxy.url }, env)
  const doctor = await aDoctor(database, await aClinic(database))
  const slots: BuiltSlot[] = []
  for (let n = 0; n < claims; n += 1) slots.push(await aSlot(database, doctor, { capacity: 10 }))
  const bookAll = () => Promise.all(slots.map((slot) => book(server.url, slot)))
  const list = () => {
    const at = slots[0]?.startsAt ?? new Date()
    const day = at.toISOString().slice(0, 10)
    return call(`${server.url}/api/v1/doctors/${doctor.id}/slots?from=${day}&to=${day}`)
  }
  return { proxy, server, slots, bookAll, list }
}

function book(url: string, slot: BuiltSlot) {
  return call(`${url}/api/v1/bookings`, {
    method: 'POST',
    body: { slotId: slot.id, patient: { name: 'P' }, confirm: true },
  })
}

describe('a network that drops the packets of all open connections to the database', () => {
  test('every claim is booked on new connections, and lists are fresh again', async ({ database }) => {
    const { proxy, server, bookAll, list } = await hungServer(database)
    await bookAll()
    await list()
    proxy.hang()
    proxy.forwardNew()
    const responses = await bookAll()
    expect(responses.map(({ status }) => status)).toEqual(Array(claims).fill(201))
    await until(async () => {
      const { status, body } = await list()
      return status === 200 && body.stale === undefined
    }, 'a list that is not stale')
    await server.stop()
    await proxy.end()
  })

  test('a change whose access cannot be checked is refused within seconds, and not made', async ({ database }) => {
    const { proxy, server, bookAll } = await hungServer(database)
    const [{ body: { id, manageToken } = {} } = {}] = await bookAll()
    proxy.hang()
    const startedAt = performance.now()
    const cancel = { method: 'POST', body: {}, bearer: String(manageToken) }
    const refused = await call(`${server.url}/api/v1/bookings/${id}/cancel`, cancel)
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable'])
    expect(refused.body.detail).toContain('not processed')
    // The query itself times out after 15 s.
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    await server.stop()
    await proxy.end()
  })

  test('a server stops, although no connection responds any more', async ({ database }) => {
    const { proxy, server, bookAll } = await hungServer(database)
    await bookAll()
    proxy.hang()
    await server.stop()
    await proxy.end()
  })

  test('a worker stops in time', async ({ database }) => {
    const proxy = await databaseProxy(database.appUrl)
    // Less than its run of all jobs and its queue may take, which is 20 s each.
    const env = {
      ...settingsFor({ ownerUrl: database.ownerUrl, appUrl: proxy.url }),
      HOLDFAST_SHUTDOWN_SECONDS_MAX: '3',
    }
    const lines: string[] = []
    const log = createLogger('error', { write: (line) => void lines.push(line) })
    const worker = await startWorker({ env, say: () => undefined, log })
    proxy.hang()
    await worker.stop()
    expect(lines.join('')).toContain('the jobs did not stop in time')
    await proxy.end()
  })
})

test('HOLDFAST_OUTCOME_SECONDS_MAX: how long a claim whose connection was lost is looked up', async ({ database }) => {
  const { proxy, server, slots } = await hungServer(database, { HOLDFAST_OUTCOME_SECONDS_MAX: '2' })
  const [slot] = slots
  if (slot === undefined) throw new Error('There is no slot.')
  const locker = await database.ownerPool.connect()
  try {
    await locker.query('begin')
    await locker.query('select from holdfast.slot where id = $1 for update', [slot.id])
    const startedAt = performance.now()
    const booking = book(server.url, slot)
    await until(async () => {
      const { rows } = await database.ownerPool.query(`select from pg_stat_activity where datname = current_database()
          and wait_event_type = 'Lock'`)
      return rows.length > 0
    }, 'the claim to wait for the slot')
    await proxy.cut()
    const { status, body } = await booking
    expect([status, body.code]).toEqual([503, 'unavailable'])
    expect(body.detail).toContain('unknown')
    // 25 s with the default.
    expect(performance.now() - startedAt).toBeLessThan(25_000)
  } finally {
    await locker.query('rollback')
    locker.release()
    await server.stop()
    await proxy.end()
  }
})
