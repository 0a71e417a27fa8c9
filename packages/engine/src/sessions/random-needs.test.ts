import {
  aClinic,
  aDoctor,
  aSession,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  type BuiltClinic,
  type BuiltSession,
  checkHistory,
  createTestDatabase,
  plantFunction,
  seededRandom,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { runTimeClaimBatch } from './claim-times.ts'
import { createSessions } from './create-sessions.ts'
import { moveToTime } from './move-to-time.ts'

type Type = { id: string; minutes: number; before: number; after: number; capacity: number; needs: string[][] }
/** Minutes since the sessions' start, with buffers. `units`: what it takes. */
type Visit = {
  from: number
  to: number
  start: number
  doctorId: string
  type: Type
  left: number
  units: string[]
  bookingIds: string[]
}

const roundsMax = 4
const stepsPerRound = 50
const sessionMinutes = 150
const grid = 10

/** Doctors whose visits share rooms and devices, and what an independent calendar, minute by minute, says of them. */
class Calendar {
  readonly visits: Visit[] = []
  readonly closed: { unit: string; from: number; to: number }[] = []

  isUnitFree(unit: string, from: number, to: number, without?: Visit): boolean {
    const others = this.visits.filter((one) => one !== without && one.units.includes(unit))
    const closures = this.closed.filter((one) => unit.startsWith(one.unit))
    for (let at = from; at < to; at += 1) {
      if ([...others, ...closures].some((one) => at >= one.from && at < one.to)) return false
    }
    return true
  }

  groupAt(type: Type, doctorId: string, start: number): Visit | undefined {
    return this.visits.find((one) => one.type === type && one.doctorId === doctorId && one.start === start)
  }

  /** @param without a visit whose only booking is to be moved */
  canBegin(type: Type, doctorId: string, start: number, without?: Visit): boolean {
    const [from, to] = [start - type.before, start + type.minutes + type.after]
    if (from < 0 || to > sessionMinutes || start % grid !== 0) return false
    const group = this.groupAt(type, doctorId, start)
    if (group !== undefined && type.capacity > 1 && group !== without) {
      const isClosed = group.units.some((unit) =>
        this.closed.some((one) => unit.startsWith(one.unit) && one.from < to && from < one.to),
      )
      return group.left > 0 && !isClosed
    }
    const isBusy = this.visits.some(
      (one) => one !== without && one.doctorId === doctorId && one.from < to && from < one.to,
    )
    return !isBusy && type.needs.every((units) => units.some((unit) => this.isUnitFree(unit, from, to, without)))
  }
}

async function aRound(database: TestDatabase, clinic: BuiltClinic, random: () => number) {
  const pick = (from: number, to: number) => from + Math.floor(random() * (to - from + 1))
  const sessions = [
    await aSession(database, await aDoctor(database, clinic), { minutes: sessionMinutes, gridMinutes: grid }),
    await aSession(database, await aDoctor(database, clinic), { minutes: sessionMinutes, gridMinutes: grid }),
    await aSession(database, await aDoctor(database, clinic), { minutes: sessionMinutes, gridMinutes: grid }),
  ]
  const rooms = [await aVisitResource(database, clinic), await aVisitResource(database, clinic)]
  const scanner = await aVisitResource(database, clinic, { kind: 'device', units: 2 })
  const lamp = await aVisitResource(database, clinic, { kind: 'device' })
  const units = (resource: { id: string }, count: number) =>
    Array.from({ length: count }, (_, n) => `${resource.id} ${n + 1}`)
  const types: Type[] = []
  for (let n = 0; n < 4; n += 1) {
    const shape = { minutes: pick(5, 50), before: pick(0, 2) * 5, after: pick(0, 2) * 5, capacity: n === 3 ? 2 : 1 }
    const devices = [scanner, lamp].filter(() => random() < 0.5)
    const ofType = n === 0 ? [rooms[0], rooms[1]] : [rooms[pick(0, 1)]]
    const { id } = await aVisitType(database, clinic, {
      minutes: shape.minutes,
      bufferBeforeMinutes: shape.before,
      bufferAfterMinutes: shape.after,
      capacity: shape.capacity,
      rooms: ofType.flatMap((room) => room ?? []),
      devices,
    })
    const needs = [
      ofType.flatMap((room) => (room === undefined ? [] : units(room, 1))),
      ...devices.map((device) => units(device, device === scanner ? 2 : 1)),
    ]
    types.push({ ...shape, id, needs })
  }
  return { sessions, types, closable: [...rooms, scanner], pick, calendar: new Calendar() }
}

/** The units that the slot of a booking takes, by its allocations. */
async function unitsOf(database: TestDatabase, bookingId: string): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ unit: string }>(
    `select a.resource_id || ' ' || a.unit_no as unit from holdfast.booking b
       join holdfast.allocation a on a.clinic_no = b.clinic_no and a.booking_id = b.slot_id where b.id = $1`,
    [bookingId],
  )
  return rows.map(({ unit }) => unit)
}

/** Lists, claims, moves, cancels and closes at random; returns the first difference from the calendar, or null. */
async function differenceIn(database: TestDatabase, clinic: BuiltClinic, random: () => number): Promise<string | null> {
  const { sessions, types, closable, pick, calendar } = await aRound(database, clinic, random)
  const engine = createSessions(database.appPool, () => undefined)
  const minuteOf = (at: Date) => (at.getTime() - (sessions[0]?.startsAt.getTime() ?? 0)) / 60_000
  const starts = Array.from({ length: sessionMinutes }, (_, minute) => minute)
  const timesOf = async (type: Type, session: BuiltSession, movedId?: string) => {
    const { items } = await engine.times({
      clinicNo: clinic.no,
      doctorId: session.doctorId,
      visitTypeId: type.id,
      from: session.startsAt,
      to: session.endsAt,
      byDesk: false,
      accountId: null,
      limit: 1_000,
      movedId,
    })
    return items.map(({ startsAt }) => minuteOf(startsAt))
  }
  const leave = (visit: Visit, bookingId: string) => {
    visit.bookingIds.splice(visit.bookingIds.indexOf(bookingId), 1)
    visit.left += 1
    if (visit.bookingIds.length === 0) calendar.visits.splice(calendar.visits.indexOf(visit), 1)
  }
  const enter = async (type: Type, session: BuiltSession, start: number, bookingId: string) => {
    const group = type.capacity > 1 ? calendar.groupAt(type, session.doctorId, start) : undefined
    if (group !== undefined) {
      group.left -= 1
      group.bookingIds.push(bookingId)
      return null
    }
    const units = await unitsOf(database, bookingId)
    const [from, to] = [start - type.before, start + type.minutes + type.after]
    const isMet = type.needs.every(
      (need) => need.filter((unit) => units.includes(unit) && calendar.isUnitFree(unit, from, to)).length === 1,
    )
    if (!isMet || units.length !== type.needs.length) return `taken: ${units} of ${JSON.stringify(type.needs)}`
    const left = type.capacity - 1
    calendar.visits.push({ from, to, start, doctorId: session.doctorId, type, left, units, bookingIds: [bookingId] })
    return null
  }

  for (let n = 0; n < stepsPerRound; n += 1) {
    const [type, session] = [types[pick(0, 3)], sessions[pick(0, 2)]]
    if (type === undefined || session === undefined) throw new Error('There are four types and three sessions.')
    const found = await timesOf(type, session)
    const expected = starts.filter((minute) => calendar.canBegin(type, session.doctorId, minute))
    if (found.join() !== expected.join()) return `list of ${JSON.stringify(type)}: ${found} instead of ${expected}`
    const visit = calendar.visits[pick(0, calendar.visits.length)]
    const bookingId = visit?.bookingIds.at(-1)
    const step = random()
    if (step < 0.04) {
      const [unit, from] = [closable[pick(0, 2)]?.id ?? '', pick(0, 12) * 10]
      await database.ownerPool.query(
        `insert into holdfast.closure (clinic_no, id, resource_id, starts_at, ends_at, created_by)
         select no, holdfast.new_id(no, now()), $2, ($3::timestamptz + make_interval(mins => $4)) at time zone timezone,
                ($3::timestamptz + make_interval(mins => $4 + 20)) at time zone timezone, $2
           from holdfast.clinic where no = $1`,
        [clinic.no, unit, session.startsAt, from],
      )
      calendar.closed.push({ unit, from, to: from + 20 })
      continue
    }
    if (step < 0.2 && visit !== undefined && bookingId !== undefined) {
      await runSettleBatch(database.appPool, [
        { bookingId, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null },
      ])
      leave(visit, bookingId)
      continue
    }
    const minute = random() < 0.5 && found.length > 0 ? (found[pick(0, found.length - 1)] ?? 0) : pick(0, 14) * 10
    if (step < 0.45 && visit !== undefined && bookingId !== undefined) {
      const alone = visit.bookingIds.length === 1 ? visit : undefined
      const isSame = visit.type === type && visit.doctorId === session.doctorId && visit.start === minute
      if (isSame) continue
      const listed = (await timesOf(type, session, bookingId)).includes(minute)
      const allowed = calendar.canBegin(type, session.doctorId, minute, alone)
      if (listed !== allowed) return `list for a move of ${JSON.stringify(visit)} to ${minute}: ${listed}`
      const startsAt = new Date(session.startsAt.getTime() + minute * 60_000)
      const to = { sessionId: session.id, startsAt, visitTypeId: type.id }
      const result = await moveToTime(database.appPool, { bookingId, ...to, actorId: null, onBehalf: false })
      const isMoved = result.kind === 'completed' && result.outcome.kind === 'done'
      if (isMoved !== allowed) return `move of ${JSON.stringify(visit)} to ${minute}: ${JSON.stringify(result)}`
      if (!isMoved) continue
      leave(visit, bookingId)
      const difference = await enter(type, session, minute, bookingId)
      if (difference !== null) return difference
      continue
    }
    const request = aTimeClaim(session, type, minute)
    const [result] = await runTimeClaimBatch(database.appPool, [request])
    const isBooked = result?.kind === 'completed' && result.outcome.kind === 'booked'
    if (isBooked !== calendar.canBegin(type, session.doctorId, minute))
      return `claim of ${JSON.stringify(type)} at ${minute}: ${JSON.stringify(result)}`
    const difference = isBooked ? await enter(type, session, minute, request.bookingId) : null
    if (difference !== null) return difference
  }
  return null
}

const seed = Date.now() % 1_000_000

describe(`random visits that need rooms and devices, seed ${seed}`, () => {
  test('lists, claims and moves agree with an independent calendar', async ({ database }) => {
    const random = seededRandom(seed)
    const clinic = await aClinic(database)
    for (let round = 0; round < roundsMax; round += 1) expect(await differenceIn(database, clinic, random)).toBe(null)
    expect(await checkHistory(database)).toEqual([])
  }, 120_000)

  test.each<[string, string, string | RegExp, string]>([
    ['a buffer after, in the list', 'starts_without_units', ' + (p_visit).buffer_after_minutes', ''],
    ['a buffer before, in the list', 'starts_without_units', '(p_visit).buffer_before_minutes', '0'],
    ['a unit that is left out', 'starts_without_units', 'range_intersect_agg', 'range_agg'],
    ['a closure', 'taken_units', "coalesce(c.times, '{}') + ", ''],
    ['a visit that was moved away', 'taken_units', ' and n.booking_id is distinct from p_without', ''],
    ['units that a cancellation keeps', 'settle_bookings', 'or v_left_slot_ids is not null', ''],
  ] as const)(
    'negative control: %s is noticed',
    async (_, name, part, becomes) => {
      const unguarded = await createTestDatabase()
      await plantFunction(unguarded, name, { part, becomes })
      const random = seededRandom(seed)
      const clinic = await aClinic(unguarded)
      let found: string | null = null
      for (let round = 0; round < 10 * roundsMax && found === null; round += 1)
        found = await differenceIn(unguarded, clinic, random).catch((error: Error) => error.message)
      expect(found).not.toBe(null)
    },
    120_000,
  )
})
