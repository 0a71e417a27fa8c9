import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aMove,
  aSlot,
  aWithdrawal,
  type BuiltDoctor,
  type BuiltSlot,
  checkHistory,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { anotherDatabase } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { engineOf } from '../test/engine-of.ts'
import { calling, losing } from '../test/losing-pool.ts'
import { aCase, soonAt, test } from '../test/theatre.ts'
import type { Committed } from './model/committed.ts'
import type { Engine } from './model/engine.ts'
import type { MoveOutcome, SettleAction, SettleOutcome, SettleRequest } from './model/settle.ts'

// A result is lost when its connection ends after COMMIT: the engine sends the batch again, or reports an error and the
// client sends the request again. Nothing may happen twice, the caller must get the position of the write, and the
// subscribers must hear of it.

type Scene = { database: TestDatabase; engine: Engine; doctor: BuiltDoctor; slot: BuiltSlot; other: BuiltSlot }

async function aScene(database: TestDatabase, lost: string | null): Promise<Scene> {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  // It has begun, so that patients can arrive, or not.
  const slot = await aSlot(database, doctor, { capacity: 5, startsAt: new Date(Date.now() - 600_000) })
  const other = await aSlot(database, doctor, { capacity: 5 })
  const pool = lost === null ? database.appPool : losing(database.appPool, calling(lost))
  return { database, engine: engineOf({ appPool: pool }), doctor, slot, other }
}

async function bookingOf(database: TestDatabase, id: string) {
  const { rows } = await database.ownerPool.query<{
    status: string
    version: number
    slot_id: string
    xid: string
  }>(sql`
    select b.status, b.version, b.slot_id, e.xid::text as xid
      from holdfast.booking b
      join holdfast.booking_event e on e.clinic_no = b.clinic_no and e.booking_id = b.id and e.version = b.version
     where b.id = ${id}`)
  const [row] = rows
  if (row === undefined) throw new Error(`There is no booking ${id}.`)
  return row
}

/** Runs the write, and returns its outcome with what was announced before it. */
async function observe<Outcome>(engine: Engine, write: () => Promise<Outcome>) {
  const announced: Committed[] = []
  const unsubscribe = engine.onCommitted((committed) => announced.push(committed))
  const outcome = await write()
  unsubscribe()
  return { outcome, announced }
}

type StatusBefore = 'PENDING' | 'CONFIRMED' | 'ARRIVED' | 'COMPLETED'
type Change = {
  name: string
  from: StatusBefore
  to: string
  isMove?: true
  touchesSlots: number
}

/** Every change of a booking. `touchesSlots`: how many slots may have more or fewer units available afterwards. */
const changes = [
  { name: 'confirm', from: 'PENDING', to: 'CONFIRMED', touchesSlots: 1 },
  { name: 'extend', from: 'PENDING', to: 'PENDING', touchesSlots: 1 },
  { name: 'cancel', from: 'CONFIRMED', to: 'CANCELLED', touchesSlots: 1 },
  { name: 'decline', from: 'PENDING', to: 'CANCELLED', touchesSlots: 1 },
  { name: 'arrive', from: 'CONFIRMED', to: 'ARRIVED', touchesSlots: 0 },
  { name: 'complete', from: 'ARRIVED', to: 'COMPLETED', touchesSlots: 0 },
  { name: 'no_show', from: 'CONFIRMED', to: 'NO_SHOW', touchesSlots: 0 },
  { name: 'reopen', from: 'COMPLETED', to: 'ARRIVED', touchesSlots: 0 },
  { name: 'link', from: 'CONFIRMED', to: 'CONFIRMED', touchesSlots: 0 },
  { name: 'move', from: 'CONFIRMED', to: 'CONFIRMED', touchesSlots: 2 },
] as const satisfies Change[]

type Named = (typeof changes)[number]['name']
// A new action does not compile until it is in the table.
const allActions: Record<SettleAction | 'move', true> = {
  confirm: true,
  extend: true,
  cancel: true,
  decline: true,
  arrive: true,
  complete: true,
  no_show: true,
  reopen: true,
  link: true,
  move: true,
} satisfies Record<Named, true>

/** The change as a client sends it; `key`: null, if it sends none. */
function make(
  { engine, other }: Scene,
  name: SettleAction | 'move',
  bookingId: string,
  key: string | null,
): Promise<SettleOutcome | MoveOutcome> {
  const who = { bookingId, actorId: randomUUID(), onBehalf: true, key }
  if (name === 'move') return engine.move({ ...who, slotId: other.id })
  return engine.settle({ ...who, action: name, reason: null } satisfies SettleRequest)
}

async function expectMadeOnce(scene: Scene, { name, from, to, touchesSlots }: Change & { name: Named }): Promise<void> {
  const booking = await aBooking(scene.database, scene.slot, { status: from })
  const { outcome, announced } = await observe(scene.engine, () => make(scene, name, booking.id, null))
  const { status, version, slot_id, xid } = await bookingOf(scene.database, booking.id)
  expect({ status, version, slot_id }).toEqual({
    status: to,
    version: booking.version + 1,
    slot_id: name === 'move' ? scene.other.id : scene.slot.id,
  })
  expect(outcome).toMatchObject({ kind: 'unchanged', position: xid, booking: { id: booking.id, status: to } })
  expect(announced).toMatchObject([
    { kind: 'bookings', position: null, doctorIds: new Set([scene.slot.doctorId]), snapshot: null },
  ])
  expect(announced[0]?.slots).toHaveLength(touchesSlots)
  expect(announced[0]?.slots.every(({ available }) => available === null)).toBe(true)
}

const functionOf = (name: Named) => (name === 'move' ? 'move_bookings' : 'settle_bookings')

describe('a result lost after COMMIT: the engine sends the change again, and it is made once', () => {
  test('the table has every action', () => {
    expect(changes.map(({ name }) => name).toSorted()).toEqual(Object.keys(allActions).toSorted())
  })

  test.for(changes)('$name', async (change, { database }) => {
    const scene = await aScene(database, functionOf(change.name))
    await expectMadeOnce(scene, change)
  })

  test('claim', async ({ database }) => {
    const scene = await aScene(database, 'claim_slot')
    const claim = aClaim(scene.other)
    const { outcome, announced } = await observe(scene.engine, () => scene.engine.claim(claim))
    const { version, xid } = await bookingOf(database, claim.bookingId)
    expect([version, outcome]).toMatchObject([1, { kind: 'booked', position: xid }])
    expect(announced).toMatchObject([{ kind: 'bookings', position: xid, slots: [{ slotId: scene.other.id }] }])
  })

  test.for(['schedule_cases', 'claim_cases'])('claims of cases by %s', async (name, { database, scene }) => {
    // It stores the day of the room's open time, which claim_cases does not.
    await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(13) }))
    const pool = losing(database.appPool, calling(name))
    const engine = engineOf({ appPool: pool })
    const request = aCase(scene)
    // It shares its slot with the first, and so it is sent alone, after that.
    const requests = [request, ...(name === 'claim_cases' ? [aCase(scene, { startsAt: soonAt(16) })] : [])]
    const { outcome, announced } = await observe(engine, () =>
      Promise.all(requests.map((one) => engine.theatre.claimCase(one))),
    )
    for (const [index, { caseId }] of requests.entries()) {
      const { version, xid } = await bookingOf(database, caseId)
      const kind = index === 0 ? 'replayed' : 'booked'
      expect([version, outcome[index]]).toMatchObject([1, { kind, position: xid, case: { id: caseId } }])
    }
    expect(announced).toContainEqual(
      expect.objectContaining({ kind: 'bookings', position: null, doctorIds: new Set([scene.room]) }),
    )
  })

  test('after all of this, the log agrees with the bookings', async ({ database }) => {
    expect(await checkHistory(database)).toEqual([])
  })
})

describe('the client sends a change again with its Idempotency-Key, and it is made once', () => {
  test.for(changes)('$name: twice at once', async ({ name, from, to }, { database }) => {
    const scene = await aScene(database, null)
    const booking = await aBooking(database, scene.slot, { status: from })
    const key = randomUUID()
    const outcomes = await Promise.all([1, 2].map(() => make(scene, name, booking.id, key)))
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['done', 'unchanged'])
    const { status, version, xid } = await bookingOf(database, booking.id)
    expect([status, version]).toEqual([to, booking.version + 1])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ position: xid })
  })

  test.for(changes)('$name: to another server, which announces it', async ({ name, from }, { database }) => {
    const scene = await aScene(database, null)
    const booking = await aBooking(database, scene.slot, { status: from })
    const key = randomUUID()
    await make(scene, name, booking.id, key)
    const another = { ...scene, engine: engineOf(database) }
    const { outcome, announced } = await observe(another.engine, () => make(another, name, booking.id, key))
    const { version, xid } = await bookingOf(database, booking.id)
    expect([version, outcome]).toMatchObject([booking.version + 1, { kind: 'unchanged', position: xid }])
    expect(announced).toMatchObject([{ position: null, doctorIds: new Set([scene.slot.doctorId]) }])
  })

  test.for([
    { name: 'arrive', from: 'CONFIRMED', undo: 'reopen' },
    { name: 'complete', from: 'ARRIVED', undo: 'reopen' },
    { name: 'no_show', from: 'CONFIRMED', undo: 'reopen' },
    { name: 'reopen', from: 'ARRIVED', undo: 'arrive' },
  ] as const)('$name, after somebody has undone it by $undo', async ({ name, from, undo }, { database }) => {
    const scene = await aScene(database, null)
    const booking = await aBooking(database, scene.slot, { status: from })
    const key = randomUUID()
    await make(scene, name, booking.id, key)
    await make(scene, undo, booking.id, null)
    expect(await make(scene, name, booking.id, key)).toMatchObject({ kind: 'unchanged', booking: { status: from } })
    expect((await bookingOf(database, booking.id)).version).toBe(booking.version + 2)
    // A request with another key is another request.
    expect(await make(scene, name, booking.id, randomUUID())).toMatchObject({ kind: 'done' })
  })

  test('a move, after somebody has moved the booking back', async ({ database }) => {
    const scene = await aScene(database, null)
    const [here, there] = [scene.other, await aSlot(database, scene.doctor)]
    const booking = await aBooking(database, here)
    const move = (slotId: string, key: string) => scene.engine.move(aMove(booking.id, slotId, { key }))
    const key = randomUUID()
    expect(await move(there.id, key)).toMatchObject({ kind: 'done' })
    expect(await move(here.id, randomUUID())).toMatchObject({ kind: 'done' })
    expect(await move(there.id, key)).toMatchObject({ kind: 'unchanged', booking: { slotId: here.id } })
  })

  test('after 24 hours a key can be used again', async ({ database }) => {
    const scene = await aScene(database, null)
    const booking = await aBooking(database, scene.slot, { status: 'COMPLETED' })
    const key = randomUUID()
    expect(await make(scene, 'reopen', booking.id, key)).toMatchObject({ kind: 'done' })
    expect(await make(scene, 'reopen', booking.id, key)).toMatchObject({ kind: 'unchanged' })
    const ages = `update holdfast.booking_event set at = at - interval '25 hours' where booking_id = $1`
    await database.ownerPool.query(ages, [booking.id])
    expect(await make(scene, 'reopen', booking.id, key)).toMatchObject({
      kind: 'done',
      booking: { status: 'CONFIRMED' },
    })
  })

  test('a hold that has lapsed since it was extended is reported as lapsed', async ({ database }) => {
    const scene = await aScene(database, null)
    const booking = await aBooking(database, scene.slot, { status: 'PENDING' })
    const key = randomUUID()
    expect(await make(scene, 'extend', booking.id, key)).toMatchObject({ kind: 'done' })
    const lapses = `update holdfast.booking set hold_expires_at = now() - interval '1 second' where id = $1`
    await database.ownerPool.query(lapses, [booking.id])
    expect(await make(scene, 'extend', booking.id, key)).toMatchObject({ kind: 'hold_expired' })
  })
})

test('negative control: if the log is not searched for the key, reopen is made twice', async () => {
  const database = await anotherDatabase()
  await plantFunction(database, 'is_repeated', { part: 'if p_key is null then', becomes: 'if true then' })
  const scene = await aScene(database, 'settle_bookings')
  const reopen = changes.find(({ name }) => name === 'reopen')
  if (reopen === undefined) throw new Error('The table lacks reopen.')
  await expect(expectMadeOnce(scene, reopen)).rejects.toThrow(/CONFIRMED/)
})

describe('a withdrawal whose result was lost after COMMIT: sent again, it names the bookings that it ended', () => {
  const ways = [
    { name: 'of a slot', which: ({ other }: Scene) => ({ slotId: other.id }) },
    {
      name: 'of days',
      which: ({ other }: Scene) => ({ doctorId: other.doctorId, from: other.startsAt, to: other.endsAt }),
    },
  ]
  test.for(ways)('$name', async ({ which }, { database }) => {
    const scene = await aScene(database, 'withdraw_slots')
    const { other } = scene
    const [confirmed, held, moved, linked] = [
      await aBooking(database, other),
      await aBooking(database, other, { status: 'PENDING', units: 2 }),
      await aBooking(database, scene.slot),
      await aBooking(database, other, { status: 'PENDING' }),
    ]
    await make(scene, 'move', moved.id, null)
    await make(scene, 'link', linked.id, null)
    await aBooking(database, other, { status: 'hold_expired' })
    const request = aWithdrawal(other.clinicNo, which(scene), { actorId: randomUUID() })
    await expect(scene.engine.withdrawSlots(request)).rejects.toThrow('Connection terminated')
    // A guest's booking can be linked to an account after it has failed.
    await make(scene, 'link', held.id, null)
    const { outcome, announced } = await observe(scene.engine, () => scene.engine.withdrawSlots(request))
    const named = [
      { id: confirmed.id, units: 1, status: 'CONFIRMED' },
      { id: held.id, units: 2, status: 'PENDING' },
      { id: moved.id, units: 1, status: 'CONFIRMED' },
      { id: linked.id, units: 1, status: 'PENDING' },
    ].map((booking) => ({ ...booking, slotId: other.id, startsAt: other.startsAt }))
    expect(outcome).toMatchObject({ kind: 'withdrawn', slots: 1, position: expect.stringMatching(/^[1-9]/) })
    const bookings = outcome.kind === 'withdrawn' ? outcome.bookings : []
    expect(bookings).toEqual(named.toSorted((one, two) => (one.id < two.id ? -1 : 1)))
    expect(announced).toMatchObject([{ kind: 'directory', doctorIds: new Set([other.doctorId]) }])
    expect(await scene.engine.withdrawSlots({ ...request, dryRun: true })).toMatchObject({ bookings: [] })
  })
})

test('400 changes of one booking at once: one is made, and nobody is refused', async ({ database }) => {
  const scene = await aScene(database, null)
  for (const { name, from } of changes) {
    if (name === 'extend' || name === 'reopen' || name === 'link') continue
    const booking = await aBooking(database, scene.slot, { status: from })
    const outcomes = await Promise.all(Array.from({ length: 400 }, () => make(scene, name, booking.id, null)))
    const counts = Object.groupBy(outcomes, ({ kind }) => kind)
    expect([name, counts.done?.length, counts.unchanged?.length]).toEqual([name, 1, 399])
    await make(scene, 'cancel', booking.id, null)
  }
})
