// Nightly: random changes of a calendar
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isPooled } from '@holdfast/engine'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltClinic,
  type BuiltDoctor,
  type BuiltSlot,
  createTestDatabase,
  drawnOfRun,
  plantFunction,
  type TestDatabase,
  until,
} from '@holdfast/testkit'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { calendarDifferences, expectedSlots } from '../../test/calendar-differences.ts'
import { type CalendarPicture, calendarPicture, listSlots } from '../../test/calendar-picture.ts'
import { histories, type Step, stepsThatSucceed } from '../../test/calendar-steps.ts'
import { call, runningServer, serverOn, signIn } from '../../test/running-server.ts'

// Two servers on one database. Clients of both do whatever they want to the calendars of two doctors; when all holds
// have lapsed, every list of both servers, and what a subscriber of each sees, is compared with the bookings.

type CallResult = Awaited<ReturnType<typeof call>>
type Servers = { database: TestDatabase; urls: string[]; bearer: string; end(): Promise<void> }

async function twoServers(): Promise<Servers> {
  const one = await runningServer()
  const other = await serverOn(one.database)
  // Holds of a second, so that they lapse during the test.
  await one.database.ownerPool.query('alter table holdfast.clinic drop constraint clinic_hold_seconds_check')
  return {
    database: one.database,
    urls: [one.url, other.url],
    bearer: await signIn(one.url),
    async end() {
      await other.stop()
      await one.end()
    },
  }
}

type Scene = Servers & {
  clinic: BuiltClinic
  doctors: BuiltDoctor[]
  slots: BuiltSlot[]
  pictures: CalendarPicture[]
  bookingIds: string[]
  /** The bookings in `bookingIds` whose patient arrived. */
  arrivedIds: string[]
  /** Slots that no step uses. */
  spareSlots: BuiltSlot[]
  /** One for each server: see {@link holdOnce}. */
  heldSlots: BuiltSlot[]
  created: number
}

const dayMs = 86_400_000
const dayIn = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)
const query = { from: dayIn(-1), to: dayIn(20) }

async function aScene(servers: Servers): Promise<Scene> {
  const clinic = await aClinic(servers.database, { settings: { holdSeconds: 1 } })
  const doctors = [await aDoctor(servers.database, clinic), await aDoctor(servers.database, clinic)]
  const slots: BuiltSlot[] = []
  const spareSlots: BuiltSlot[] = []
  const heldSlots: BuiltSlot[] = []
  for (const each of doctors) {
    const first = await aSlot(servers.database, each, { capacity: 3 })
    // Tomorrow, and after the longest notice.
    const late = new Date(first.startsAt.getTime() + 5 * dayMs)
    slots.push(first, await aSlot(servers.database, each, { capacity: 1 }))
    slots.push(await aSlot(servers.database, each, { capacity: 20, startsAt: late }))
    slots.push(await aSlot(servers.database, each, { capacity: 2 }))
    for (let n = 0; n < 2; n += 1) spareSlots.push(await aSlot(servers.database, each, { capacity: 5 }))
    heldSlots.push(await aSlot(servers.database, each, { startsAt: new Date(late.getTime() - 3_600_000) }))
  }
  const ids = doctors.map(({ id }) => id)
  const pictures = await Promise.all(servers.urls.map((url) => calendarPicture(url, ids, query)))
  const before = { bookingIds: [], arrivedIds: [], created: 0 }
  return { ...servers, ...before, clinic, doctors, slots, pictures, spareSlots, heldSlots }
}

function pick<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('There is nothing to choose from.')
  return item
}

/**
 * A write by the administrator. It may be refused, but not fail. On a busy machine the database may take longer than a
 * request waits for it, or for a connection: then it is repeated, as clients do.
 */
async function write({ urls, bearer }: Scene, at: number, method: string, path: string, body?: object) {
  const headers = method === 'POST' ? { 'idempotency-key': randomUUID() } : {}
  const response = await until(async () => {
    const sent = await call(`${pick(urls, at)}/api/v1/${path}`, { method, bearer, body, headers })
    return sent.status !== 503 && sent
  }, `another response than 503 to ${method} ${path}`)
  if (response.status >= 500) throw new Error(`${method} ${path} failed: ${response.text}`)
  return response
}

/** A list that the server can read; on a busy machine that may need other tries. */
async function patientList(url: string, doctorId: string, position?: string) {
  return until(async () => {
    const list = await listSlots(url, doctorId, query, position)
    return list !== 'unavailable' && list
  }, `a list of ${doctorId} that can be read`)
}

async function claim(scene: Scene, at: number, slotId: string, units: number, confirm: boolean): Promise<CallResult> {
  const response = await write(scene, at, 'POST', 'bookings', { slotId, units, confirm, patient: { name: 'P' } })
  if (response.status === 201) scene.bookingIds.push(String(response.body.id))
  return response
}

/** A patient of this slot has arrived. The slot may be full, and rejects that. */
async function arrive({ database, bookingIds, arrivedIds }: Scene, slot: BuiltSlot): Promise<number> {
  const arrived = await aBooking(database, slot, { status: 'ARRIVED' }).catch(() => null)
  if (arrived === null) return 409
  bookingIds.push(arrived.id)
  arrivedIds.push(arrived.id)
  return 201
}

/** The status with which the step ended. */
async function run(scene: Scene, step: Step): Promise<number> {
  const { database, doctors, slots, bookingIds, arrivedIds, clinic } = scene
  const of = 'booking' in step && bookingIds.length > 0 ? `bookings/${pick(bookingIds, step.booking)}` : null
  switch (step.kind) {
    case 'claim':
      return (await claim(scene, step.server, pick(slots, step.slot).id, step.units, step.confirm)).status
    case 'confirm':
    case 'cancel':
    case 'extend':
      return of === null ? 404 : (await write(scene, step.server, 'POST', `${of}/${step.kind}`, {})).status
    case 'reschedule': {
      const body = { slotId: pick(slots, step.slot).id }
      return of === null ? 404 : (await write(scene, step.server, 'POST', `${of}/reschedule`, body)).status
    }
    case 'list': {
      const { onlyAvailable } = step
      const list = await listSlots(pick(scene.urls, step.server), pick(doctors, step.doctor).id, {
        ...query,
        onlyAvailable,
      })
      return list === null ? 404 : list === 'unavailable' ? 503 : 200
    }
    case 'hold': {
      const holdExpiresAt = new Date(Date.now() + step.lastsMs)
      // The slot may be full, and rejects it then.
      const held = aBooking(database, pick(slots, step.slot), { status: 'PENDING', holdExpiresAt })
      return held.then(() => 201).catch(() => 409)
    }
    case 'withdraw':
      return (await write(scene, step.server, 'DELETE', `slots/${pick(slots, step.slot).id}?withBookings=true`)).status
    case 'arrive':
      return arrive(scene, pick(slots, step.slot))
    case 'reopen': {
      const path = arrivedIds.length === 0 ? null : `bookings/${pick(arrivedIds, step.arrival)}/reopen`
      return path === null ? 404 : (await write(scene, step.server, 'POST', path, {})).status
    }
    case 'create': {
      scene.created += 1
      const startsAt = new Date(pick(slots, 2).startsAt.getTime() + (1 + scene.created) * 3_600_000).toISOString()
      const endsAt = new Date(Date.parse(startsAt) + 900_000).toISOString()
      const body = { slots: [{ startsAt, endsAt, capacity: 1 + (scene.created % 3) }] }
      return (await write(scene, step.server, 'POST', `doctors/${pick(doctors, step.doctor).id}/slots`, body)).status
    }
    case 'rename':
    case 'deactivate': {
      const path = `doctors/${pick(doctors, step.doctor).id}`
      const change = step.kind === 'rename' ? { name: `Dr. ${randomUUID().slice(0, 8)}` } : { active: false }
      const { status } = await write(scene, step.server, 'PATCH', path, change)
      if (step.kind === 'deactivate') await write(scene, 1 - step.server, 'PATCH', path, { active: true })
      return status
    }
    case 'notice': {
      const body = { settings: { minimumNoticeMinutes: step.minutes } }
      return (await write(scene, step.server, 'PATCH', `clinics/${clinic.id}`, body)).status
    }
    case 'sweep':
      await database.appPool.query('select holdfast.expire_holds(100)')
      return 200
    case 'restart tails':
      // Behind a pooler no session is a tail's: one that ends may be that of a booking.
      if (isPooled(database.appUrl)) return 200
      await database.ownerPool.query(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'holdfast tail'`)
      return 200
  }
}

const differences = (scene: Scene) => calendarDifferences(scene.database, { ...scene, query })

/** When no hold will lapse any more, everything shows what is in the database. */
async function expectQuiet(scene: Scene, withinMs: number): Promise<void> {
  const { rows } = await scene.database.ownerPool.query<{ heldMs: number }>(sql`
    select coalesce(max(extract(epoch from hold_expires_at - clock_timestamp()) * 1000), 0)::float8 as "heldMs"
      from holdfast.booking
     where clinic_no = ${scene.clinic.no} and status = 'PENDING' and hold_expires_at > clock_timestamp()`)
  await delay(Math.ceil(rows[0]?.heldMs ?? 0))
  await until(
    async () => (await differences(scene)).length === 0,
    async () => `lists and pictures as in the database: ${JSON.stringify(await differences(scene), null, 1)}`,
    withinMs,
  )
}

/** A list shows what its reader has written: on the same server always, on the other one with the write's position. */
async function expectOwnWrites(scene: Scene): Promise<void> {
  // Twice on one server, so that of its own writes too the later one is shown.
  for (const at of [0, 0, 1, 1]) {
    for (const { id, doctorId } of scene.slots) {
      const { status, headers } = await claim(scene, at, id, 1, true)
      if (status !== 201) continue
      const { all } = await expectedSlots(scene.database, { id: doctorId, clinicNo: scene.clinic.no })
      const own = await patientList(pick(scene.urls, at), doctorId)
      const position = headers.get('holdfast-position') ?? undefined
      expect([own, await patientList(pick(scene.urls, 1 - at), doctorId, position)]).toEqual([all, all])
      break
    }
  }
}

/**
 * Makes a hold on each server that lapses, and no other change of its slot, from which the calendar would learn that.
 */
async function holdOnce(scene: Scene): Promise<void> {
  for (const [at, { id: slotId }] of scene.heldSlots.entries()) {
    const { status, text } = await write(scene, at, 'POST', 'bookings', { slotId, patient: { name: 'P' } })
    if (status !== 201) throw new Error(`The slot was not held: ${text}`)
  }
}

/** When nothing else happens, two bookings leave their slots on each server; one of these slots is withdrawn. */
async function leaveOnce(scene: Scene, withinMs: number): Promise<void> {
  const leaves: (() => Promise<CallResult>)[] = []
  for (const [at, from, to] of [
    [0, 2, 6],
    [1, 4, 0],
  ] as const) {
    const { body } = await claim(scene, at, pick(scene.slots, from).id, 1, true)
    const slotId = pick(scene.slots, to).id
    if (body.id !== undefined) leaves.push(() => write(scene, at, 'POST', `bookings/${body.id}/reschedule`, { slotId }))
    const withdrawn = await confirmedInWithdrawn(scene, at)
    const [change, details] = at === 0 ? ['cancel', {}] : ['reschedule', { slotId: pick(scene.slots, 6).id }]
    leaves.push(() => write(scene, at, 'POST', `${withdrawn}/${change}`, details))
  }
  await expectQuiet(scene, withinMs)
  for (const leave of leaves) await leave()
}

/** The path of a booking that is confirmed in a withdrawn slot, as an earlier release allowed. */
async function confirmedInWithdrawn(scene: Scene, at: number): Promise<string> {
  const slot = scene.spareSlots.pop()
  if (slot === undefined) throw new Error('There are too few spare slots.')
  await write(scene, at, 'DELETE', `slots/${slot.id}?withBookings=true`)
  const { id } = await aBooking(scene.database, slot)
  return `bookings/${id}`
}

async function checkHistories(servers: Servers, numRuns: number, withinMs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(histories, async (rounds) => {
      const scene = await aScene(servers)
      try {
        for (const clients of rounds) {
          const inTurn = async (steps: Step[]) => {
            for (const each of steps) await run(scene, each)
          }
          await Promise.all(clients.map(inTurn))
          await holdOnce(scene)
          await expectQuiet(scene, withinMs)
          await expectOwnWrites(scene)
          await leaveOnce(scene, withinMs)
          await expectQuiet(scene, withinMs)
        }
      } finally {
        await Promise.all(scene.pictures.map((picture) => picture.end()))
      }
    }),
    // No shrinking: a run takes seconds.
    { numRuns, endOnFailure: true },
  )
}

test('whatever clients of two servers do: when it is quiet, lists and subscribers show what is booked', async () => {
  const servers = await twoServers()
  // The histories run at the same time: most of a history's time is waiting for its holds to lapse.
  await Promise.all(Array.from({ length: 5 }, () => checkHistories(servers, 1, 45_000)))
  await servers.end()
})

test('alone, every step succeeds', async () => {
  const servers = await twoServers()
  const scene = await aScene(servers)
  const refused: object[] = []
  for (const step of stepsThatSucceed) {
    const status = await run(scene, step)
    if (status >= 300) refused.push({ ...step, status })
  }
  expect(refused).toEqual([])
  await Promise.all(scene.pictures.map((picture) => picture.end()))
  await servers.end()
})

type Change = { part: string | RegExp; becomes: string }
type Plant = { fault: string; changes: [functionName: string, ...changes: Change[]][] }

const plants: Plant[] = [
  {
    fault: 'when a hold lapses is forgotten',
    changes: [
      ['claim_slot', { part: /date_part\('epoch', s.next_lapse - clock_timestamp\(\)\) \* 1000/, becomes: 'null' }],
      ['claim_slots', { part: /date_part\('epoch', least\(.*?\) - v_now\) \* 1000/, becomes: 'null::float8' }],
    ],
  },
  {
    fault: 'units of a claim are counted twice',
    changes: [
      ['claim_slot', { part: 's.capacity - s.taken,', becomes: 'greatest(s.capacity - s.taken - p_units, 0),' }],
      ['claim_slots', { part: 'd.free - w.units end', becomes: 'greatest(d.free - 2 * w.units, 0) end' }],
    ],
  },
  {
    fault: 'the slot that a booking left is forgotten by the server that moved it',
    changes: [
      [
        'move_bookings',
        { part: 'f.id, f.resource_id, f.starts_at', becomes: 'gen_random_uuid(), f.resource_id, f.starts_at' },
      ],
    ],
  },
  {
    fault: 'the slot that a booking left is forgotten by the other server',
    changes: [['read_log', { part: 'b.slot_id, b.from_slot_id,', becomes: 'b.slot_id, b.slot_id as from_slot_id,' }]],
  },
  {
    fault: 'of two claims the earlier one is taken for the newer',
    changes: [
      ['claim_slot', { part: 'snapshot := pg_current_snapshot();', becomes: "snapshot := '999999999:999999999:';" }],
      [
        'claim_slots',
        { part: 'then pg_current_snapshot() end', becomes: "then '999999999:999999999:'::pg_snapshot end" },
      ],
    ],
  },
]

async function plant(database: TestDatabase, { changes }: Plant): Promise<void> {
  for (const [name, ...parts] of changes) await plantFunction(database, name, ...parts)
}

test('each planted fault replaces parts of functions', async () => {
  for (const each of plants) {
    const database = await createTestDatabase()
    await plant(database, each)
    await database.drop()
  }
})

describe('negative controls: it is found that', () => {
  test.for(drawnOfRun(plants))('$fault', async (planted) => {
    const servers = await twoServers()
    await plant(servers.database, planted)
    const failure = await checkHistories(servers, 10, 3_000).then(
      () => undefined,
      (error: Error) => error.cause,
    )
    expect(String(failure)).toMatch(/lists and pictures as in the database|to deeply equal/)
    await servers.end()
  })
})
