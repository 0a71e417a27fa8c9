import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aMove,
  aSettlement,
  aSlot,
  aWithdrawal,
  type BuiltSlot,
  lapseHolds,
  neverReadAgain,
  plantFunction,
  type TestDatabase,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { describe, expect, onTestFinished, vi } from 'vitest'
import type { Committed, CommittedSlot } from '../model/committed.ts'
import { createCalendarReads } from '../reads/calendar-reads.ts'
import { withdrawSlots } from '../slots/withdraw-slots.ts'
import { runClaimBatch } from './claim-batch.ts'
import { runMoveBatch } from './move-batch.ts'
import { runSettleBatch } from './settle-batch.ts'

const slotOf = async (database: TestDatabase, capacity: number) =>
  aSlot(database, await aDoctor(database, await aClinic(database)), { capacity })

const slotsOf = async (database: TestDatabase) => {
  const doctor = await aDoctor(database, await aClinic(database))
  return [await aSlot(database, doctor, { capacity: 5 }), await aSlot(database, doctor, { capacity: 7 })] as const
}

/** The slot as it must be announced. */
function announcedOf({ id, doctorId, startsAt }: BuiltSlot, available: number | null): CommittedSlot {
  return { slotId: id, doctorId, startsAt, available, lapsesInMs: null }
}

type Run = (announce: (committed: Committed) => void) => Promise<unknown>

async function announcedBy(run: Run): Promise<Committed> {
  const announced: Committed[] = []
  await run((committed) => announced.push(committed))
  const [only, ...others] = announced
  if (only === undefined || others.length > 0) throw new Error(`${announced.length} announcements instead of one`)
  return only
}

describe('a batch announces each slot whose units it took or freed, once, with what is left', () => {
  test.for([1, 3])('%i claims of one unit', async (claims, { database }) => {
    const slot = await slotOf(database, 5)
    await aBooking(database, slot)
    const requests = Array.from({ length: claims }, () => aClaim(slot, { confirm: true }))
    const committed = await announcedBy((announce) => runClaimBatch(database.appPool, requests, announce))
    expect(committed.slots).toEqual([announcedOf(slot, 4 - claims)])
    expect(committed.snapshot?.sees(Number(committed.position))).toBe(false)
  })

  test.for([1, 2])('%i holds, and when the first of all holds ends', async (claims, { database }) => {
    const slot = await slotOf(database, 5)
    const [claim, ...others] = Array.from({ length: claims }, () => aClaim(slot))
    if (claim === undefined) throw new Error('no claim')
    const { slots } = await announcedBy((announce) => runClaimBatch(database.appPool, [claim, ...others], announce))
    expect(slots).toMatchObject([{ available: 5 - claims, lapsesInMs: expect.closeTo(120_000, -4) }])
    await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() + 60_000) })
    const later = await announcedBy((announce) =>
      runClaimBatch(database.appPool, [aClaim(slot), ...others.map(() => aClaim(slot))], announce),
    )
    expect(later.slots).toMatchObject([{ available: 4 - 2 * claims }])
    expect(later.slots[0]?.lapsesInMs).toBeLessThanOrEqual(60_000)
  })

  test.for([1, 2])('units of lapsed holds that %i claims took, as left', async (claims, { database }) => {
    const slot = await slotOf(database, 3)
    await aBooking(database, slot, { status: 'PENDING', units: 3 })
    await lapseHolds(database, slot)
    const requests = Array.from({ length: claims }, () => aClaim(slot, { confirm: true }))
    const { slots } = await announcedBy((announce) => runClaimBatch(database.appPool, requests, announce))
    expect(slots).toEqual([announcedOf(slot, 3 - claims)])
  })

  test('cancellations; if holds of the slot have lapsed, the count is not known', async ({ database }) => {
    const [slot, other] = await slotsOf(database)
    const booked = [
      await aBooking(database, slot, { units: 2 }),
      await aBooking(database, slot),
      await aBooking(database, other),
    ]
    await aBooking(database, other, { status: 'PENDING' })
    await lapseHolds(database, other)
    const committed = await announcedBy((announce) =>
      runSettleBatch(
        database.appPool,
        booked.map(({ id }) => aSettlement(id, 'cancel')),
        announce,
      ),
    )
    expect(committed.slots).toEqual([announcedOf(slot, 5), announcedOf(other, null)])
    expect(committed.snapshot).not.toBeNull()
  })

  test('both slots of a move, and of moves through one slot its last count', async ({ database }) => {
    const [slot, other] = await slotsOf(database)
    const booked = [await aBooking(database, slot, { units: 2 }), await aBooking(database, slot)]
    const { slots } = await announcedBy((announce) =>
      runMoveBatch(
        database.appPool,
        booked.map(({ id }) => aMove(id, other.id)),
        announce,
      ),
    )
    expect(new Set(slots)).toEqual(new Set([announcedOf(slot, 5), announcedOf(other, 4)]))
  })

  test.for(['confirm', 'extend'] as const)(
    '%s: no slot, unless the hold may have ended before the commit',
    async (action, { database }) => {
      const slot = await slotOf(database, 5)
      const hold = async () =>
        aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() + 60_000) })
      const [first, second] = [await hold(), await hold()]
      const inTime = await announcedBy((announce) =>
        runSettleBatch(database.appPool, [aSettlement(first.id, action)], announce),
      )
      expect(inTime).toMatchObject({ slots: [], snapshot: null, doctorIds: new Set([slot.doctorId]) })
      const pool = slowPool(database.appPool)
      const late = await announcedBy((announce) => runSettleBatch(pool, [aSettlement(second.id, action)], announce))
      expect(late).toMatchObject({ slots: [announcedOf(slot, null)], snapshot: null })
    },
  )

  test('a claim whose first result was lost: the slot without a count', async ({ database }) => {
    const slot = await slotOf(database, 5)
    const request = aClaim(slot)
    const first = await announcedBy((announce) => runClaimBatch(database.appPool, [request], announce))
    const again = await announcedBy((announce) => runClaimBatch(database.appPool, [request], announce))
    expect(again).toMatchObject({ position: first.position, slots: [announcedOf(slot, null)], snapshot: null })
  })

  test.for(['arrive', 'no_show', 'reopen', 'link'] as const)('%s: no slot', async (action, { database, doctor }) => {
    const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
    const { id } = await aBooking(database, slot, { status: action === 'reopen' ? 'ARRIVED' : 'CONFIRMED' })
    const change = { ...aSettlement(id, action), actorId: crypto.randomUUID() }
    expect(await announcedBy((announce) => runSettleBatch(database.appPool, [change], announce))).toMatchObject({
      slots: [],
      snapshot: null,
    })
  })
})

type Leave = (pool: pg.Pool, bookingId: string, to: BuiltSlot) => Run
const leaves: [string, Leave][] = [
  ['cancelled', (pool, bookingId) => (announce) => runSettleBatch(pool, [aSettlement(bookingId, 'cancel')], announce)],
  [
    'moved to another slot',
    (pool, bookingId, to) => (announce) => runMoveBatch(pool, [aMove(bookingId, to.id)], announce),
  ],
]

type Close = (database: TestDatabase, slot: BuiltSlot) => Promise<unknown>
const withdraw: Close = ({ appPool }, { clinicNo, id }) => withdrawSlots(appPool, aWithdrawal(clinicNo, { slotId: id }))
const block: Close = ({ ownerPool }, { id }) =>
  ownerPool.query('update holdfast.slot set blocked_at = statement_timestamp() where id = $1', [id])

/** A closed slot as it is announced when its last booking leaves it. */
async function closedSlotAfter(database: TestDatabase, close: Close, leave: Leave) {
  const [slot, other] = await slotsOf(database)
  await close(database, slot)
  // No function creates a hold in a closed slot. If there is one, it counts for nothing, as for all reads.
  await aBooking(database, slot, { status: 'PENDING' })
  const { id } = await aBooking(database, slot)
  const { slots } = await announcedBy(leave(database.appPool, id, other))
  return { slot, announced: slots.find(({ slotId }) => slotId === slot.id) }
}

describe.each([
  { what: 'withdrawn', close: withdraw, isWithdrawn: true, rule: /\((\w+\.)?p_withdrawn_at IS NULL\)/ },
  { what: 'blocked', close: block, isWithdrawn: false, rule: /\((\w+\.)?p_blocked_at IS NULL\)/ },
])('a booking leaves a $what slot, of which nothing becomes available, and which has no hold', (closed) => {
  test.for(leaves)('%s', async ([, leave], { database }) => {
    const { slot, announced } = await closedSlotAfter(database, closed.close, leave)
    expect(announced).toEqual(announcedOf(slot, 0))
    const { slots } = await createCalendarReads(database.appPool).slots([slot.id])
    expect(slots).toMatchObject([{ isWithdrawn: closed.isWithdrawn, available: 0, lapsesInMs: null }])
  })

  test.for(leaves)('negative control: %s, and that the slot is closed is ignored', async ([, leave]) => {
    const planted = await anotherDatabase()
    await plantFunction(planted, 'announced_units', { part: closed.rule, becomes: 'true' })
    const { announced } = await closedSlotAfter(planted, closed.close, leave)
    expect(announced).toMatchObject({ available: 4, lapsesInMs: expect.any(Number) })
  })
})

/** A pool whose COMMIT takes a minute, by the clock of this process. */
function slowPool(pool: pg.Pool): pg.Pool {
  const now = performance.now.bind(performance)
  let addedMs = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + addedMs)
  onTestFinished(() => clock.mockRestore())
  return Object.assign(Object.create(pool), {
    async query(config: pg.QueryConfig) {
      const result = await pool.query(config)
      addedMs += 60_000
      return result
    },
  })
}

/** A transaction whose number is assigned now, whatever it does later. */
async function aTransaction(database: TestDatabase): Promise<{ pool: pg.Pool; commit(): Promise<void> }> {
  const client = await database.appPool.connect()
  await client.query('begin')
  await client.query('select pg_current_xact_id()')
  return {
    pool: Object.assign(Object.create(database.appPool), { query: client.query.bind(client) }),
    async commit() {
      await client.query('commit')
      client.release()
    },
  }
}

/** `inside` is a booking of the slot, `outside` one of another slot. */
type Scene = { slot: BuiltSlot; inside: string; outside: string }
type Change = (pool: pg.Pool, scene: Scene) => Run

const loneClaim: Change =
  (pool, { slot }) =>
  (announce) =>
    runClaimBatch(pool, [aClaim(slot)], announce)
const changes: [string, Change][] = [
  ['a lone claim', loneClaim],
  [
    'a batch',
    (pool, { slot }) =>
      (announce) =>
        runClaimBatch(pool, [aClaim(slot), aClaim(slot)], announce),
  ],
  [
    'a cancellation',
    (pool, { inside }) =>
      (announce) =>
        runSettleBatch(pool, [aSettlement(inside, 'cancel')], announce),
  ],
  [
    'a move',
    (pool, { slot, outside }) =>
      (announce) =>
        runMoveBatch(pool, [aMove(outside, slot.id)], announce),
  ],
]

describe('when the next hold lapses counts from the announcement, however long the commit took', () => {
  /** A slot whose hold ends in `holdMs`, as it is announced after a change whose COMMIT took a minute. */
  const announcedLate = async (database: TestDatabase, change: Change, holdMs: number) => {
    const [slot, other] = await slotsOf(database)
    const scene = { slot, inside: (await aBooking(database, slot)).id, outside: (await aBooking(database, other)).id }
    await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() + holdMs) })
    const { slots } = await announcedBy(change(slowPool(database.appPool), scene))
    return slots.find(({ slotId }) => slotId === slot.id)
  }

  test.for(changes)('%s', async ([_, change], { database }) => {
    const announced = await announcedLate(database, change, 90_000)
    expect(announced?.available).toEqual(expect.any(Number))
    expect(announced?.lapsesInMs).toBeGreaterThan(0)
    expect(announced?.lapsesInMs).toBeLessThanOrEqual(30_000)
  })

  test.for(changes)('%s: the count is not known when the hold has ended by then', async ([_, change], { database }) => {
    expect(await announcedLate(database, change, 60_000)).toMatchObject({ available: null, lapsesInMs: null })
  })
})

/** The order in which two changes of one slot are announced to have happened: the first has the later number. */
async function lateNumberFirst(database: TestDatabase, change: Change) {
  const [slot, other] = await slotsOf(database)
  const scene = { slot, inside: (await aBooking(database, slot)).id, outside: (await aBooking(database, other)).id }
  const early = await aTransaction(database)
  const late = await aTransaction(database)
  const first = await announcedBy(loneClaim(late.pool, scene))
  const waiting = announcedBy(change(early.pool, scene))
  await untilLockWaiters(database, 1)
  await late.commit()
  const second = await waiting
  await early.commit()
  return { slot, first, second }
}

describe('of two transactions on one slot, the one that had its lock later has the later snapshot', () => {
  test.for(changes)('%s with an earlier number', async ([_, change], { database }) => {
    const { slot, first, second } = await lateNumberFirst(database, change)
    if (first.snapshot === null || second.snapshot === null) throw new Error('no snapshot')
    expect(Number(second.position)).toBeLessThan(Number(first.position))
    expect(first.snapshot.isBefore(second.snapshot)).toBe(true)
    expect([first.snapshot.sees(Number(second.position)), second.snapshot.sees(Number(first.position))]).toEqual([
      false,
      true,
    ])
    const { slots } = await createCalendarReads(database.appPool).slots([slot.id])
    expect(second.slots.find(({ slotId }) => slotId === slot.id)?.available).toBe(slots[0]?.available)
  })

  test('negative control: a snapshot from before the wait for the lock does not see the first', async () => {
    const planted = await anotherDatabase()
    await plantFunction(
      planted,
      'claim_slot',
      { part: 'snapshot := pg_current_snapshot();', becomes: '' },
      { part: /begin\n/, becomes: 'begin snapshot := pg_current_snapshot();\n' },
    )
    await neverReadAgain(planted)
    const { first, second } = await lateNumberFirst(planted, loneClaim)
    if (first.snapshot === null || second.snapshot === null) throw new Error('no snapshot')
    expect(second.snapshot.sees(Number(first.position))).toBe(false)
  })
})

test('a read does not see a transaction in progress, and says so; nor a later number', async ({ database }) => {
  const slot = await slotOf(database, 5)
  const reads = createCalendarReads(database.appPool)
  const { pool, commit } = await aTransaction(database)
  const committed = await announcedBy((announce) => runClaimBatch(pool, [aClaim(slot)], announce))
  const request = aClaim(await slotOf(database, 1))
  const other = await announcedBy((announce) => runClaimBatch(database.appPool, [request], announce))
  const before = await reads.slots([slot.id])
  await commit()
  const after = await reads.slots([slot.id])
  const xid = Number(committed.position)
  expect([before, after].map(({ snapshot, slots }) => [snapshot.sees(xid), slots[0]?.available])).toEqual([
    [false, 5],
    [true, 4],
  ])
  // A larger number has ended meanwhile: only the list of running transactions says that this one has not.
  expect(before.snapshot.sees(Number(other.position))).toBe(true)
  expect(before.snapshot.xmax).toBeGreaterThan(xid)
  expect(before.snapshot.isBefore(after.snapshot)).toBe(true)
  expect(committed.slots).toMatchObject([{ available: 4 }])
})
