import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  checkHistory,
  createTestDatabase,
  type HeldLock,
  holdLock,
  holdSlotLock,
  type TestDatabase,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApiResponse, call, settingsFor, signIn } from '../../test/running-server.ts'
import { type ServerProcess, serverProcess } from '../../test/server-process.ts'

const clients = 500
const slots = 10
const unitsPerSlot = 5
const metricsToken = 'a metrics token of some length'

let database: TestDatabase
let servers: ServerProcess[]
let clinic: Awaited<ReturnType<typeof aClinic>>
let doctor: BuiltDoctor
let slotIds: string[]
/** Released after every test: claims that wait for them would prevent the servers from stopping. */
let locks: HeldLock[]

beforeEach(async () => {
  database = await createTestDatabase()
  servers = []
  locks = []
  clinic = await aClinic(database)
  doctor = await aDoctor(database, clinic)
  slotIds = []
  for (let index = 0; index < slots; index += 1) {
    const startsAt = new Date(Date.now() + (index + 24) * 3_600_000)
    slotIds.push((await aSlot(database, doctor, { capacity: unitsPerSlot, startsAt })).id)
  }
  return async () => {
    await Promise.all(locks.map((lock) => lock.release()))
    await Promise.all(servers.map((server) => server.end()))
    await database.drop()
  }
})
afterEach(() => expect(servers.length).toBeGreaterThan(0))

/** Starts two servers. */
async function start(): Promise<void> {
  // They migrate one after the other; another test covers both at the same time.
  for (let index = 0; index < 2; index += 1) {
    const waits = { HOLDFAST_QUEUE_WAIT_MS_MAX: '60000', HOLDFAST_LOCK_WAIT_MS_MAX: '60000' }
    const bounds = { ...waits, HOLDFAST_METRICS_TOKEN: metricsToken }
    servers.push(await serverProcess({ ...settingsFor(database), ...bounds }))
  }
}

function book(server: ServerProcess | undefined, slotId: string | undefined, patient: string): Promise<ApiResponse> {
  return call(`${server?.url}/api/v1/bookings`, {
    method: 'POST',
    body: { slotId, patient: { name: patient }, confirm: true },
    headers: { 'idempotency-key': randomUUID() },
  })
}

/**
 * Every client requests one unit, all at the same time; each slot is requested from every server.
 *
 * @returns how many clients got each result
 */
async function contend(count = clients): Promise<Record<string, number>> {
  const responses = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const slotId = slotIds[Math.floor(index / servers.length) % slots]
      return book(servers[index % servers.length], slotId, `Patient ${index}`)
    }),
  )
  const counts: Record<string, number> = {}
  for (const { status, body } of responses) {
    const outcome = status === 201 ? 'booked' : String(body.code)
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

async function taken(): Promise<number[]> {
  const { rows } = await database.ownerPool.query<{ taken: number }>(`
    select taken from holdfast.slot order by starts_at`)
  return rows.map((row) => row.taken)
}

async function verify() {
  const [server] = servers
  const url = server?.url ?? ''
  return (await call(`${url}/api/v1/clinics/${clinic.id}/verify`, { bearer: await signIn(url) })).body
}

test('500 clients want 50 units at two servers: 50 are booked, 450 get slot_full; counts and log agree', async () => {
  await start()
  expect(await contend()).toEqual({ booked: slots * unitsPerSlot, slot_full: clients - slots * unitsPerSlot })
  expect(await taken()).toEqual(Array(slots).fill(unitsPerSlot))
  expect(await verify()).toMatchObject({ slots, bookings: 50, events: 50, overbooked: 0, mismatches: 0 })
  expect(await checkHistory(database)).toEqual([])
})

describe('when every batch has read the slots before any may write', () => {
  /** No more than fit into one batch of each server. */
  const clientsAtOnce = 200

  /**
   * Each server's batches in flight wait for another slot until all clients have sent their requests, which then form
   * one batch per server. The slots are locked until both batches wait for them, so both saw ten empty slots.
   */
  async function contendAtOnce(): Promise<Record<string, number>> {
    const other = await aSlot(database, doctor, { capacity: 9 })
    const slotsLock = await holdLock(database.ownerPool, 'select from holdfast.slot where id = any ($1) for update', [
      slotIds,
    ])
    const otherLock = await holdSlotLock(database, other)
    locks = [slotsLock, otherLock]
    const before: Promise<ApiResponse>[] = []
    for (const server of [...servers, ...servers]) {
      before.push(book(server, other.id, 'Patient before'))
      await untilLockWaiters(database, before.length)
    }
    const counts = contend(clientsAtOnce)
    for (const server of servers) await untilQueued(server, clientsAtOnce / servers.length)
    await otherLock.release()
    expect((await Promise.all(before)).map(({ status }) => status)).toEqual(before.map(() => 201))
    await slotsLock.releaseOnce(servers.length)
    return counts
  }

  async function untilQueued(server: ServerProcess, count: number): Promise<void> {
    const line = `\nholdfast_queue_depth{queue="claim"} ${count}\n`
    await until(async () => {
      const { text } = await call(`${server.url}/metrics`, { bearer: metricsToken })
      return text.includes(line)
    }, `${count} claims that wait`)
  }

  test('still exactly 50 are booked', async () => {
    await start()
    expect(await contendAtOnce()).toEqual({ booked: 50, slot_full: clientsAtOnce - 50 })
    expect(await checkHistory(database)).toEqual([])
  })

  test('negative control: without lock and constraint slots are overbooked, and every check finds it', async () => {
    await start()
    const { rows } = await database.ownerPool.query<{ text: string }>(`select pg_get_functiondef(oid) as text
        from pg_proc where proname = 'claim_slots'`)
    const [first] = rows
    const unlocked = (first?.text ?? '').replace(/\bfor update\b/, '')
    expect(unlocked).not.toBe(first?.text)
    await database.ownerPool.query(unlocked)
    await database.ownerPool.query('alter table holdfast.slot drop constraint slot_never_overbooked')
    const counts = await contendAtOnce()
    expect(counts.booked).toBeGreaterThan(50)
    expect(Number((await verify()).overbooked)).toBeGreaterThan(0)
    expect(await checkHistory(database)).not.toEqual([])
  })
})
