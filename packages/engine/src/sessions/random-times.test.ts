import {
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aTimeClaim,
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

type Type = { id: string; minutes: number; before: number; after: number; capacity: number }
/** Minutes since the first session's start: a visit with its buffers, or another time that is taken. */
type Taken = { from: number; to: number; group?: { key: string; left: number }; bookingIds: string[] }

const roundsMax = 5
const claimsPerRound = 60
const horizonMinutes = 600
const groupKey = (type: Type, session: BuiltSession, minute: number) => `${type.id} ${session.id} ${minute}`

/** A doctor with two sessions and a fixed slot, and what an independent calendar, minute by minute, says of them. */
class Calendar {
  readonly sessions: BuiltSession[]
  readonly taken: Taken[]
  readonly origin: number

  constructor(sessions: BuiltSession[], taken: Taken[]) {
    this.sessions = sessions
    this.taken = taken
    this.origin = sessions[0]?.startsAt.getTime() ?? 0
  }

  minuteOf(at: Date): number {
    return (at.getTime() - this.origin) / 60_000
  }

  groupAt(type: Type, session: BuiltSession, minute: number): Taken | undefined {
    return this.taken.find(({ group }) => group?.key === groupKey(type, session, minute))
  }

  isFree(type: Type, session: BuiltSession, grid: number, minute: number): boolean {
    const start = this.minuteOf(session.startsAt)
    const [from, to] = [minute - type.before, minute + type.minutes + type.after]
    if ((minute - start) % grid !== 0 || from < start || to > this.minuteOf(session.endsAt)) return false
    const group = this.groupAt(type, session, minute)
    if (group !== undefined) return (group.group?.left ?? 0) > 0
    for (let at = from; at < to; at += 1) if (this.taken.some((one) => at >= one.from && at < one.to)) return false
    return true
  }
}

async function aRound(database: TestDatabase, clinic: BuiltClinic, random: () => number) {
  const pick = (from: number, to: number) => from + Math.floor(random() * (to - from + 1))
  const doctor = await aDoctor(database, clinic)
  const grid = [5, 10, 15, 20][pick(0, 3)] ?? 10
  const types: Type[] = []
  for (let n = 0; n < 3; n += 1) {
    const type = { minutes: pick(5, 60), before: pick(0, 2) * 5, after: pick(0, 2) * 5, capacity: n === 2 ? 3 : 1 }
    const { id } = await aVisitType(database, clinic, {
      minutes: type.minutes,
      bufferBeforeMinutes: type.before,
      bufferAfterMinutes: type.after,
      capacity: type.capacity,
    })
    types.push({ ...type, id })
  }
  const first = await aSession(database, doctor, { minutes: pick(60, 240), gridMinutes: grid })
  const gap = pick(0, 60)
  const startsAt = new Date(first.endsAt.getTime() + gap * 60_000)
  const sessions = [first, await aSession(database, doctor, { startsAt, minutes: pick(60, 240), gridMinutes: grid })]
  const from = pick(0, 100)
  await aSlot(database, doctor, { startsAt: new Date(first.startsAt.getTime() + from * 60_000), minutes: 15 })
  return { doctor, grid, types, pick, calendar: new Calendar(sessions, [{ from, to: from + 15, bookingIds: [] }]) }
}

/** Lists, claims and cancels at random; returns the first difference from the independent calendar, or null. */
async function differenceIn(database: TestDatabase, clinic: BuiltClinic, random: () => number): Promise<string | null> {
  const { doctor, grid, types, pick, calendar } = await aRound(database, clinic, random)
  const engine = createSessions(database.appPool, () => undefined)
  for (let n = 0; n < claimsPerRound; n += 1) {
    const type = types[pick(0, 2)]
    const session = calendar.sessions[pick(0, 1)]
    if (type === undefined || session === undefined) throw new Error('There are three types and two sessions.')
    const { items } = await engine.times({
      clinicNo: clinic.no,
      doctorId: doctor.id,
      visitTypeId: type.id,
      from: new Date(calendar.origin),
      to: new Date(calendar.origin + horizonMinutes * 60_000),
      byDesk: false,
      accountId: null,
      limit: 1_000,
    })
    const expected = calendar.sessions.flatMap((one) =>
      Array.from({ length: horizonMinutes }, (_, minute) => minute).filter((minute) =>
        calendar.isFree(type, one, grid, minute),
      ),
    )
    const found = items.map(({ startsAt }) => calendar.minuteOf(startsAt))
    if (found.join() !== expected.join()) return `list of ${JSON.stringify(type)}: ${found} instead of ${expected}`
    const live = calendar.taken.filter(({ bookingIds }) => bookingIds.length > 0)
    if (live.length > 3 && random() < 0.3) {
      const one = live[pick(0, live.length - 1)]
      const bookingId = one?.bookingIds.pop() ?? ''
      await runSettleBatch(database.appPool, [
        { bookingId, action: 'cancel', actorId: null, onBehalf: true, key: null, reason: null },
      ])
      if (one?.group) one.group.left += 1
      if (one?.bookingIds.length === 0) calendar.taken.splice(calendar.taken.indexOf(one), 1)
      continue
    }
    const start = calendar.minuteOf(session.startsAt)
    const minute = random() < 0.7 && found.length > 0 ? (found[pick(0, found.length - 1)] ?? 0) : start + pick(-5, 200)
    const target = calendar.sessions.find(
      (one) => minute >= calendar.minuteOf(one.startsAt) && minute < calendar.minuteOf(one.endsAt),
    )
    const claimed = target ?? session
    const request = aTimeClaim(claimed, type, minute - calendar.minuteOf(claimed.startsAt))
    const [result] = await runTimeClaimBatch(database.appPool, [request])
    const isBooked = result?.kind === 'completed' && result.outcome.kind === 'booked'
    if (isBooked !== calendar.isFree(type, claimed, grid, minute))
      return `claim of ${JSON.stringify(type)} at ${minute}: ${JSON.stringify(result)}`
    if (!isBooked) continue
    const group = calendar.groupAt(type, claimed, minute)
    if (group?.group !== undefined) {
      group.group.left -= 1
      group.bookingIds.push(request.bookingId)
      continue
    }
    calendar.taken.push({
      from: minute - type.before,
      to: minute + type.minutes + type.after,
      ...(type.capacity > 1 ? { group: { key: groupKey(type, claimed, minute), left: type.capacity - 1 } } : {}),
      bookingIds: [request.bookingId],
    })
  }
  return null
}

const seed = Date.now() % 1_000_000

describe(`random visits, seed ${seed}`, () => {
  test('lists and claims agree with an independent calendar', async ({ database }) => {
    const random = seededRandom(seed)
    const clinic = await aClinic(database)
    for (let round = 0; round < roundsMax; round += 1) expect(await differenceIn(database, clinic, random)).toBe(null)
    expect(await checkHistory(database)).toEqual([])
  }, 120_000)

  test.each<[string, string, string | RegExp, string]>([
    ['a buffer that is forgotten', 'time_of_visit', / \+ \(p_visit\)\.buffer_after_minutes/, ''],
    ['the buffer of what is booked', 'taken_times', / \+ make_interval\(mins => s\.buffer_after_minutes\)/, ''],
    ['the grid', 'time_refusal', /<> \(0\)::numeric/, '< (0)::numeric'],
    ['the end of a session', 'time_refusal', '@>', '&&'],
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
