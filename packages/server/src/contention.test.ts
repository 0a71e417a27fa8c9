import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aSlot,
  checkHistory,
  createTestDatabase,
  holdLock,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, settingsFor, signIn } from '../test/running-server.ts'
import { type ServerProcess, serverProcess } from '../test/server-process.ts'

const clients = 500
const slots = 10
const unitsPerSlot = 5

let database: TestDatabase
let servers: ServerProcess[]
let clinic: Awaited<ReturnType<typeof aClinic>>
let slotIds: string[]

beforeEach(async () => {
  database = await createTestDatabase()
  servers = []
  clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  slotIds = []
  for (let index = 0; index < slots; index += 1) {
    const startsAt = new Date(Date.now() + (index + 24) * 3_600_000)
    slotIds.push((await aSlot(database, doctor, { capacity: unitsPerSlot, startsAt })).id)
  }
  return async () => {
    await Promise.all(servers.map((server) => server.end()))
    await database.drop()
  }
})
afterEach(() => expect(servers.length).toBeGreaterThan(0))

async function start(processes: number): Promise<void> {
  // One after the other migrates; both at once is another test's.
  for (let index = 0; index < processes; index += 1) servers.push(await serverProcess(settingsFor(database)))
}

/** Every client wants one unit, all at once, spread over the slots and the servers. @returns how often each answer came */
async function contend(): Promise<Record<string, number>> {
  const answers = await Promise.all(
    Array.from({ length: clients }, (_, index) =>
      call(`${servers[index % servers.length]?.url}/api/v1/bookings`, {
        method: 'POST',
        body: { slotId: slotIds[index % slots], patient: { name: `Patient ${index}` }, confirm: true },
        headers: { 'idempotency-key': randomUUID() },
      }),
    ),
  )
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const answer = status === 201 ? 'booked' : String(body.code)
    counts[answer] = (counts[answer] ?? 0) + 1
  }
  return counts
}

async function taken(): Promise<number[]> {
  const { rows } = await database.ownerPool.query<{ taken: number }>(
    'select taken from holdfast.slot order by starts_at',
  )
  return rows.map((row) => row.taken)
}

async function verify() {
  const [server] = servers
  const url = server?.url ?? ''
  return (await call(`${url}/api/v1/clinics/${clinic.id}/verify`, { bearer: await signIn(url) })).body
}

describe.each([1, 2])('500 clients want 50 units, through %i server process(es)', (processes) => {
  test('exactly 50 are booked and 450 hear slot_full; counts and log agree', async () => {
    await start(processes)
    expect(await contend()).toEqual({ booked: slots * unitsPerSlot, slot_full: clients - slots * unitsPerSlot })
    expect(await taken()).toEqual(Array(slots).fill(unitsPerSlot))
    expect(await verify()).toMatchObject({ slots, bookings: 50, events: 50, overbooked: 0, mismatches: 0 })
    expect(await checkHistory(database)).toEqual([])
  })
})

describe('when every batch has read the slots before any may write', () => {
  /** The slots are locked until both processes' batches wait for them: all of them saw ten empty slots. */
  async function contendAtOnce(): Promise<Record<string, number>> {
    const lock = await holdLock(database.ownerPool, 'select from holdfast.slot for update')
    const answers = contend()
    await untilLockWaiters(database, 2)
    await lock.release()
    return answers
  }

  test('still exactly 50 are booked', async () => {
    await start(2)
    expect(await contendAtOnce()).toMatchObject({ booked: 50, slot_full: 450 })
    expect(await checkHistory(database)).toEqual([])
  })

  test('negative control: without the lock and the constraint slots are overbooked, and every check says so', async () => {
    await start(2)
    const { rows } = await database.ownerPool.query<{ text: string }>(
      "select pg_get_functiondef(oid) as text from pg_proc where proname = 'claim_slots'",
    )
    const [first] = rows
    const unlocked = (first?.text ?? '').replace(/\bfor update\b/, '')
    expect(unlocked).not.toBe(first?.text)
    await database.ownerPool.query(unlocked)
    await database.ownerPool.query('alter table holdfast.slot drop constraint slot_never_overbooked')
    const answers = await contendAtOnce()
    expect(answers.booked).toBeGreaterThan(50)
    expect(Number((await verify()).overbooked)).toBeGreaterThan(0)
    expect(await checkHistory(database)).not.toEqual([])
  })
})
