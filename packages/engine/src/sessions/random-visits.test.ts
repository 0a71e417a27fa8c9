import {
  aClinic,
  aCombination,
  aDoctor,
  aSession,
  aSettlement,
  aSlot,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  type BuiltClinic,
  type BuiltDoctor,
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

type Resource = { id: string }
/** `rooms`: lists of which it takes one each: none, or one list. */
type Part = Omit<Type, 'needs'> & { rooms: Resource[][]; devices: Resource[] }
type Type = { id: string; minutes: number; before: number; after: number; capacity: number; needs: string[][] }
/** `begins`: minutes since the first of them. */
type Session = BuiltSession & { begins: number }
/** Minutes since the first session's start, with buffers. `units`: what it takes. `type` null: a fixed slot. */
type Visit = {
  from: number
  to: number
  start: number
  doctorId: string
  type: Type | null
  left: number
  units: string[]
  bookingIds: string[]
}

const roundsMax = 4
const stepsPerRound = 50
const sessionMinutes = 150

/** Doctors whose visits share rooms and devices, as an independent calendar has them, minute by minute. */
class Calendar {
  readonly visits: Visit[] = []
  readonly closed: { unit: string; from: number; to: number }[] = []
  readonly grid: number

  constructor(grid: number) {
    this.grid = grid
  }

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
  canBegin(type: Type, { doctorId, begins }: Session, start: number, without?: Visit): boolean {
    const [from, to] = [start - type.before, start + type.minutes + type.after]
    if (from < begins || to > begins + sessionMinutes || (start - begins) % this.grid !== 0) return false
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

/** As one visit: one room that suits all, and the devices of all. */
function combinedOf(parts: readonly Part[]): Omit<Part, 'id'> {
  const eachOf = parts.flatMap(({ rooms }) => rooms)
  const suiting = (eachOf[0] ?? []).filter((room) => eachOf.every((some) => some.includes(room)))
  return {
    minutes: parts.reduce((sum, { minutes }) => sum + minutes, 0),
    before: Math.max(...parts.map(({ before }) => before)),
    after: Math.max(...parts.map(({ after }) => after)),
    capacity: 1,
    rooms: eachOf.length === 0 ? [] : [suiting],
    devices: [...new Set(parts.flatMap((part) => part.devices))],
  }
}

async function aRound(database: TestDatabase, clinic: BuiltClinic, random: () => number) {
  const pick = (from: number, to: number) => from + Math.floor(random() * (to - from + 1))
  const shape = { minutes: sessionMinutes, gridMinutes: [5, 10, 15, 20][pick(0, 3)] ?? 10 }
  const doctor = await aDoctor(database, clinic)
  const first = { ...(await aSession(database, doctor, shape)), begins: 0 }
  const open = async (of: BuiltDoctor, begins: number): Promise<Session> => {
    const startsAt = new Date(first.startsAt.getTime() + begins * 60_000)
    return { ...(await aSession(database, of, { ...shape, startsAt })), begins }
  }
  const sessions = [
    first,
    await open(doctor, sessionMinutes + pick(0, 60)),
    await open(await aDoctor(database, clinic), 0),
    await open(await aDoctor(database, clinic), 0),
  ]
  const calendar = new Calendar(shape.gridMinutes)
  const from = pick(0, 100)
  await aSlot(database, doctor, { startsAt: new Date(first.startsAt.getTime() + from * 60_000), minutes: 15 })
  const slot = { from, to: from + 15, start: from, doctorId: doctor.id, type: null, left: 0, units: [], bookingIds: [] }
  calendar.visits.push(slot)
  const rooms = [await aVisitResource(database, clinic), await aVisitResource(database, clinic)]
  const scanner = await aVisitResource(database, clinic, { kind: 'device', units: 2 })
  const lamp = await aVisitResource(database, clinic, { kind: 'device' })
  const units = (resource: { id: string }, count: number) =>
    Array.from({ length: count }, (_, n) => `${resource.id} ${n + 1}`)
  const types: Type[] = []
  const parts: Part[] = []
  const needsOf = ({ rooms: eachOf, devices }: Pick<Part, 'rooms' | 'devices'>) => [
    ...eachOf.map((some) => some.flatMap((room) => units(room, 1))),
    ...devices.map((device) => units(device, device === scanner ? 2 : 1)),
  ]
  for (let n = 0; n < 4; n += 1) {
    const capacity = n === 3 ? 2 : 1
    const visit = { minutes: pick(5, 50), before: pick(0, 2) * 5, after: pick(0, 2) * 5, capacity }
    // The second one takes its doctor alone.
    const devices = [scanner, lamp].filter(() => n !== 1 && random() < 0.5)
    const ofType = n === 0 ? rooms : n === 1 ? [] : rooms.slice(pick(0, 1)).slice(0, 1)
    const { id } = await aVisitType(database, clinic, {
      minutes: visit.minutes,
      bufferBeforeMinutes: visit.before,
      bufferAfterMinutes: visit.after,
      capacity,
      combinable: capacity === 1,
      ...(n === 1 ? {} : { rooms: ofType, devices }),
    })
    const needed = { rooms: n === 1 ? [] : [ofType], devices }
    types.push({ ...visit, id, needs: needsOf(needed) })
    parts.push({ ...visit, id, ...needed })
  }
  const dropped = pick(0, 2)
  const combined = parts.filter((_, n) => n < 3 && n !== dropped)
  const { rooms: ofBoth, devices, ...visit } = combinedOf(combined)
  const { id } = await aCombination(database, clinic, combined)
  types.push({ ...visit, id, needs: needsOf({ rooms: ofBoth, devices }) })
  return { sessions, types, closable: [...rooms, scanner], pick, calendar, first: first.startsAt }
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
  const { sessions, types, closable, pick, calendar, first } = await aRound(database, clinic, random)
  const engine = createSessions(database.appPool, () => undefined)
  const minuteOf = (at: Date) => (at.getTime() - first.getTime()) / 60_000
  const startsIn = ({ begins }: Session) => Array.from({ length: sessionMinutes }, (_, minute) => begins + minute)
  const timesOf = async (type: Type, session: Session, movedId?: string) => {
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
  const enter = async (type: Type, session: Session, start: number, bookingId: string) => {
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
    const [type, session] = [types[pick(0, 4)], sessions[pick(0, 3)]]
    if (type === undefined || session === undefined) throw new Error('There are five types and four sessions.')
    const found = await timesOf(type, session)
    const expected = startsIn(session).filter((minute) => calendar.canBegin(type, session, minute))
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
      calendar.closed.push({ unit, from: session.begins + from, to: session.begins + from + 20 })
      continue
    }
    if (step < 0.2 && visit !== undefined && bookingId !== undefined) {
      await runSettleBatch(database.appPool, [aSettlement(bookingId, 'cancel')])
      leave(visit, bookingId)
      continue
    }
    const minute =
      random() < 0.5 && found.length > 0 ? (found[pick(0, found.length - 1)] ?? 0) : session.begins + pick(-1, 30) * 5
    if (step < 0.45 && visit !== undefined && bookingId !== undefined) {
      const alone = visit.bookingIds.length === 1 ? visit : undefined
      const isSame = visit.type === type && visit.doctorId === session.doctorId && visit.start === minute
      if (isSame) continue
      const listed = (await timesOf(type, session, bookingId)).includes(minute)
      const allowed = calendar.canBegin(type, session, minute, alone)
      if (listed !== allowed) return `list for a move of ${JSON.stringify(visit)} to ${minute}: ${listed}`
      const startsAt = new Date(first.getTime() + minute * 60_000)
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
    const request = aTimeClaim(session, type, minute - session.begins)
    const [result] = await runTimeClaimBatch(database.appPool, [request])
    const isBooked = result?.kind === 'completed' && result.outcome.kind === 'booked'
    if (isBooked !== calendar.canBegin(type, session, minute))
      return `claim of ${JSON.stringify(type)} at ${minute}: ${JSON.stringify(result)}`
    const difference = isBooked ? await enter(type, session, minute, request.bookingId) : null
    if (difference !== null) return difference
  }
  return null
}

const seed = Date.now() % 1_000_000

describe(`random visits, also combined ones, with and without rooms and devices, seed ${seed}`, () => {
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
    ['a buffer that is forgotten', 'time_of_visit', / \+ \(p_visit\)\.buffer_after_minutes/, ''],
    ['the buffer of what is booked', 'taken_times', / \+ make_interval\(mins => s\.buffer_after_minutes\)/, ''],
    ['the grid', 'time_refusal', /<> \(0\)::numeric/, '< (0)::numeric'],
    ['the end of a session', 'time_refusal', '@>', '&&'],
    ['the minutes of a part', 'combination_of', 'sum(t.minutes)', 'max(t.minutes)'],
    ['the buffer of a part', 'combination_of', 'max(t.buffer_after_minutes)', 'min(t.buffer_after_minutes)'],
    ['the room of a part', 'combination_of', 'bool_or(t.needs_room)', 'bool_and(t.needs_room)'],
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
