import { aBooking, aClinic, aDoctor, aSlot, holdLock, type TestDatabase } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { SlotDraft } from '../model/slot.ts'
import { createSlots } from './create-slots.ts'

const test = databaseTest.extend('scene', ({ database }) => aCalendar(database))

const hour = 3_600_000
// Far ahead, on a whole hour: the slots' times are minutes after it.
const base = Math.ceil(Date.now() / hour) * hour + 240 * hour

function at(minute: number): Date {
  return new Date(base + minute * 60_000)
}

function draft(from: number, to: number, capacity = 1): SlotDraft {
  return { startsAt: at(from), endsAt: at(to), capacity }
}

async function aCalendar(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  return {
    clinic,
    doctor,
    create: (drafts: SlotDraft[], dryRun = false) =>
      createSlots(database.appPool, { doctorId: doctor.id, drafts, dryRun }),
  }
}

async function storedSlots(database: TestDatabase, doctorId: string) {
  const { rows } = await database.appPool.query<{
    id: string
    starts_at: Date
    ends_at: Date
    capacity: number
    taken: number
  }>(
    `select id, starts_at, ends_at, capacity, taken from holdfast.slot where resource_id = $1
       and withdrawn_at is null order by starts_at`,
    [doctorId],
  )
  return rows
}

describe('each draft gets its outcome, in the order of the drafts', () => {
  test('created; skipped if it exists already; in conflict if it overlaps', async ({ database }) => {
    const { doctor, create } = await aCalendar(database)
    const there = await aSlot(database, doctor, { startsAt: at(60), minutes: 30 })
    const result = await create([draft(75, 105), draft(0, 30, 7), draft(60, 90), draft(90, 120)])
    expect(result).toMatchObject({ created: 2, skipped: 1, conflicts: 1 })
    expect(result.items.map((item) => item.outcome)).toEqual(['conflict', 'created', 'skipped', 'created'])
    expect(result.items[0]?.slotId).toBe(there.id)
    expect(result.items[2]?.slotId).toBe(there.id)
    expect(result.position).toMatch(/^[1-9]\d*$/)
    const rows = await storedSlots(database, doctor.id)
    expect(rows.map((row) => [row.starts_at, row.ends_at, row.capacity, row.taken])).toEqual([
      [at(0), at(30), 7, 0],
      [at(60), at(90), 1, 0],
      [at(90), at(120), 1, 0],
    ])
    expect(rows.map((row) => row.id)).toEqual([result.items[1]?.slotId, there.id, result.items[3]?.slotId])
  })

  test('of overlapping drafts the first to start is created; repeated, it is skipped', async ({ database }) => {
    const { create } = await aCalendar(database)
    const { items } = await create([draft(10, 40), draft(0, 30), draft(0, 30), draft(30, 60)])
    expect(items.map((item) => item.outcome)).toEqual(['conflict', 'created', 'skipped', 'created'])
    expect(items[0]?.slotId).toBe(items[1]?.slotId)
    expect(items[2]?.slotId).toBe(items[1]?.slotId)
  })

  test('a draft over several slots conflicts with the first; a withdrawn slot with none', async ({ database }) => {
    const { doctor, create } = await aCalendar(database)
    await aSlot(database, doctor, { startsAt: at(0), minutes: 15, withdrawn: true })
    const first = await aSlot(database, doctor, { startsAt: at(15), minutes: 15 })
    await aSlot(database, doctor, { startsAt: at(30), minutes: 15 })
    const { items } = await create([draft(0, 60), draft(0, 15)])
    expect(items).toMatchObject([{ outcome: 'conflict', slotId: first.id }, { outcome: 'created' }])
  })

  test('a slot that is over is skipped without an id, unless it exists', async ({ database }) => {
    const { doctor, create } = await aCalendar(database)
    const past = new Date(Math.floor(Date.now() / hour) * hour - hour)
    const there = await aSlot(database, doctor, { startsAt: past, minutes: 15 })
    const [same, gone] = [0, 30].map((minute) => ({
      startsAt: new Date(past.getTime() + minute * 60_000),
      endsAt: new Date(past.getTime() + (minute + 15) * 60_000),
      capacity: 1,
    })) as [SlotDraft, SlotDraft]
    const result = await create([same, gone])
    expect(result.items).toMatchObject([
      { outcome: 'skipped', slotId: there.id },
      { outcome: 'skipped', slotId: null },
    ])
    expect(result).toMatchObject({ created: 0, skipped: 2, conflicts: 0, position: expect.stringMatching(/^[1-9]/) })
  })

  test('a slot that has begun is created, until its end', async ({ scene: { create } }) => {
    const minutes = (count: number) => new Date(Date.now() + count * 60_000)
    const begun = { startsAt: minutes(-10), endsAt: minutes(10), capacity: 1 }
    const over = { startsAt: minutes(-40), endsAt: minutes(-20), capacity: 1 }
    const { items } = await create([begun, over])
    expect(items.map(({ outcome }) => outcome)).toEqual(['created', 'skipped'])
  })

  test('an empty list creates nothing', async ({ scene: { create } }) => {
    expect(await create([])).toEqual({ created: 0, skipped: 0, differing: 0, conflicts: 0, items: [], position: null })
  })

  test('slots of different doctors do not conflict', async ({ database, scene: { clinic, create } }) => {
    const other = await aDoctor(database, clinic)
    await aSlot(database, other, { startsAt: at(0), minutes: 30 })
    expect(await create([draft(0, 30)])).toMatchObject({ created: 1 })
  })

  test('a slot that has bookings is not changed', async ({ database, scene: { doctor, create } }) => {
    const slot = await aSlot(database, doctor, { startsAt: at(0), minutes: 30, capacity: 2 })
    await aBooking(database, slot)
    const again = await create([draft(0, 30, 9), draft(0, 30, 2), draft(30, 60, 4), draft(30, 60, 5)])
    expect(again).toMatchObject({ created: 1, skipped: 3, differing: 2 })
    const items = again.items.map(({ outcome, capacity }) => [outcome, capacity])
    expect(items).toEqual([
      ['capacity_differs', 2],
      ['skipped', 2],
      ['created', 4],
      ['capacity_differs', 4],
    ])
    expect(await storedSlots(database, doctor.id)).toMatchObject([{ capacity: 2, taken: 1 }, { capacity: 4 }])
  })
})

const anyDrafts = fc.array(
  fc.tuple(fc.integer({ min: -20, max: 60 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 })),
  { maxLength: 25 },
)

test('a dry run returns the same result and writes nothing; no two slots ever overlap', async ({ database }) => {
  // Minutes below zero lie in the past.
  const nearby = Math.floor(Date.now() / 60_000) * 60_000
  const toDraft = ([from, length, capacity]: [number, number, number]): SlotDraft => ({
    startsAt: new Date(nearby + (from < 0 ? from - 60 : from + 60) * 60_000),
    endsAt: new Date(nearby + ((from < 0 ? from - 60 : from + 60) + length) * 60_000),
    capacity,
  })
  await fc.assert(
    fc.asyncProperty(anyDrafts, anyDrafts, async (earlier, later) => {
      const { doctor, create } = await aCalendar(database)
      await create(earlier.map(toDraft))
      const before = await storedSlots(database, doctor.id)
      const dry = await create(later.map(toDraft), true)
      expect(dry.position).toBeNull()
      expect(await storedSlots(database, doctor.id)).toEqual(before)
      const real = await create(later.map(toDraft))
      expect(dry.items.map((item) => item.outcome)).toEqual(real.items.map((item) => item.outcome))
      expect([dry.created, dry.skipped, dry.conflicts]).toEqual([real.created, real.skipped, real.conflicts])
      const known = new Set(before.map((slot) => slot.id))
      const idsThere = (result: typeof real) =>
        result.items.map(({ slotId }) => (slotId !== null && known.has(slotId) ? slotId : null))
      expect(idsThere(dry)).toEqual(idsThere(real))
      expect(dry.items.every(({ slotId }) => slotId === null || known.has(slotId))).toBe(true)

      const after = await storedSlots(database, doctor.id)
      expect(after).toHaveLength(before.length + real.created)
      for (const [index, slot] of after.entries()) {
        expect(slot.starts_at.getTime()).toBeGreaterThanOrEqual(after[index - 1]?.ends_at.getTime() ?? 0)
      }
      const again = await create(later.map(toDraft))
      expect(again.created).toBe(0)
    }),
    // No shrinking: it would take longer than a test may, and the failure would not be reported.
    { numRuns: 60, endOnFailure: true },
  )
})

describe('two calls at once', () => {
  test('two identical calls create each slot once', async ({ database, scene: { doctor, create } }) => {
    const drafts = Array.from({ length: 500 }, (_, n) => draft(n * 15, n * 15 + 15))
    const results = await Promise.all([create(drafts), create(drafts.toReversed()), create(drafts)])
    expect(results.map((result) => result.created).sort()).toEqual([0, 0, 500])
    expect(results.reduce((sum, result) => sum + result.skipped, 0)).toBe(1_000)
    expect(await storedSlots(database, doctor.id)).toHaveLength(500)
  })

  test('a call that waited sees what the other created', async ({ database, scene: { doctor, create } }) => {
    const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
      doctor.id,
    ])
    const waiting = Promise.all([create([draft(0, 30)]), create([draft(15, 45)])])
    await lock.releaseOnce(2)
    const outcomes = (await waiting).map((result) => result.items[0]?.outcome)
    expect(outcomes.sort()).toEqual(['conflict', 'created'])
  })

  test('without the lock, only the constraint rejects the second call, as an error', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const insert = (from: number, to: number) =>
      database.ownerPool.query(sql`insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
          values (${clinic.no}, ${newId(clinic.no)}, ${doctor.id}, ${at(from)}, ${at(to)}, 1)`)
    await insert(0, 30)
    await expect(insert(15, 45)).rejects.toMatchObject({ code: '23P01', constraint: 'slot_no_overlap' })
    await insert(30, 45)
  })
})

test('10,000 slots in one call; one more is refused', async ({ database, scene: { doctor, create } }) => {
  const drafts = Array.from({ length: 10_000 }, (_, n) => draft(n * 15, n * 15 + 15))
  const dry = await create(drafts, true)
  expect(dry.created).toBe(10_000)
  // Some 300 ms on an idle machine.
  expect((await create(drafts)).created).toBe(10_000)
  expect(await storedSlots(database, doctor.id)).toHaveLength(10_000)
  await expect(create([...drafts, draft(-15, 0)])).rejects.toMatchObject({ code: '54000' })
})

describe('the function rejects values outside of the limits, whoever calls it', () => {
  test.for<[string, SlotDraft]>([
    ['no length', draft(0, 0)],
    ['reversed', draft(30, 0)],
    ['capacity 0', draft(0, 30, 0)],
    ['capacity -1', draft(0, 30, -1)],
    ['capacity 1,000,001', draft(0, 30, 1_000_001)],
  ])('%s, also in a dry run', async ([_, wrong], { database, scene: { doctor, create } }) => {
    for (const dryRun of [true, false]) {
      await expect(create([draft(60, 90), wrong], dryRun)).rejects.toMatchObject({
        code: '23514',
        message: expect.stringMatching(new RegExp(`^create_slots: element 2: .* its capacity \\(${wrong.capacity}\\)`)),
      })
    }
    expect(await storedSlots(database, doctor.id)).toEqual([])
  })

  test('a doctor that does not exist', async ({ database, scene: { clinic } }) => {
    const request = { doctorId: newId(clinic.no), drafts: [draft(0, 30)], dryRun: false }
    await expect(createSlots(database.appPool, request)).rejects.toMatchObject({ code: 'P0002' })
    await expect(createSlots(database.appPool, { ...request, dryRun: true })).rejects.toMatchObject({ code: 'P0002' })
  })

  test('ids of another clinic, arrays of different lengths, nulls, endless times', async ({ database }) => {
    const { clinic, doctor } = await aCalendar(database)
    const call = (ids: (string | null)[], ends: unknown[], capacities = [1]) =>
      database.appPool.query(
        `select * from holdfast.create_slots($1, $2, $3::uuid[], $4::timestamptz[], $5::timestamptz[],
           $6::int[], false)`,
        [clinic.no, doctor.id, ids, [at(0)], ends, capacities],
      )
    await expect(call([newId(clinic.no + 1)], [at(30)])).rejects.toMatchObject({ code: '23514' })
    await expect(call([newId(clinic.no)], ['infinity'])).rejects.toMatchObject({ code: '23514' })
    await expect(call([newId(clinic.no)], [null])).rejects.toMatchObject({ code: '23502' })
    await expect(call([null], [at(30)])).rejects.toMatchObject({ code: '23502' })
    await expect(call([newId(clinic.no)], [at(30)], [1, 2])).rejects.toMatchObject({ code: '2202E' })
    expect((await call([newId(clinic.no)], [at(30)])).rows).toHaveLength(1)
  })
})
