import { aDoctor } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aBlock, aCase, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { randomNumbers } from '../../test/theatre-storm.ts'

const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Math.floor(Math.random() * 1_000_000))
const minuteMs = 60_000

type Length = { takes: number; minutes: number }

/**
 * Whether the cases can follow each other in the other order in the time that they take, by a try of every minute. The
 * room is open until `end`; a block's end may be the beginning of open time.
 */
function fits(one: Length, other: Length, idle: number, { end, isBlock }: { end: number; isBlock: boolean }) {
  const span = one.minutes + idle + other.takes
  for (let startsAt = other.takes; startsAt + one.takes <= span; startsAt += 1) {
    if (startsAt + one.minutes <= end || (isBlock && startsAt >= end)) return true
  }
  return false
}

test('cases with unequal turnovers back to back are swapped wherever the other order fits', async ({ database }) => {
  const pick = randomNumbers(seed)
  const seen = new Set<string>()
  for (let n = 0; n < 24; n += 1) {
    const scene = await aTheatre(database)
    const { theatre, clinic, room } = scene
    const [first, second, now] = [pick(4) * 10, pick(4) * 10, pick(4) * 10] as const
    const minutes = [30 + pick(5) * 15, 30 + pick(5) * 15] as const
    const idle = first
    const secondAt = minutes[0] + idle
    // The block ends with the second case, or with its turnover.
    const end = secondAt + minutes[1] + (pick(2) === 0 ? 0 : second)
    const isBlock = pick(2) === 0
    if (isBlock) {
      await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(8, end), capacity: Math.min(end, 720) })
    } else {
      const [from, to] = [soonAt(8), soonAt(8, end)].map((at) => at.toISOString().slice(11, 16)) as [string, string]
      await theatre.updateRoom(room, { hours: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from, to })) })
    }
    const surgeon = await aDoctor(database, clinic)
    const claim = async (turnoverMinutes: number, at: number, length: number, by = scene.surgeon) => {
      await theatre.updateRoom(room, { turnoverMinutes })
      const override = { rules: ['outside_hours' as const], reason: 'Test' }
      const plan = { startsAt: soonAt(8, at), minutes: length, confirm: true, override }
      return caseOf(await theatre.claimCase(aCase({ ...scene, surgeon: by }, plan)))
    }
    const one = await claim(first, 0, minutes[0])
    const two = await claim(second, secondAt, minutes[1], surgeon)
    // What follows at once.
    const next = await claim(0, secondAt + minutes[1] + second, 30)
    await theatre.updateRoom(room, { turnoverMinutes: now })
    const swap = { actorId: null, key: null, override: null }
    const outcome = await theatre.swapCases({ ...swap, caseId: two.id, otherCaseId: one.id })
    const [a, b] = [
      { minutes: minutes[0], takes: minutes[0] + first },
      { minutes: minutes[1], takes: minutes[1] + second },
    ]
    const about = `seed ${seed}, try ${n}: ${JSON.stringify({ first, second, now, minutes, idle, end, isBlock })}`
    expect(outcome.kind, about).toBe(fits(a, b, idle, { end, isBlock }) ? 'done' : 'refused')
    seen.add(outcome.kind)
    if (outcome.kind !== 'done') continue
    const [later, sooner] = outcome.cases
      .toSorted((x, y) => Number(x.id === two.id) - Number(y.id === two.id))
      .map(({ startsAt, endsAt, turnoverMinutes }) => ({
        from: (startsAt.getTime() - soonAt(8).getTime()) / minuteMs,
        to: (endsAt.getTime() - soonAt(8).getTime()) / minuteMs,
        turnoverMinutes,
      }))
    expect(sooner, about).toEqual({ from: 0, to: minutes[1], turnoverMinutes: second })
    expect(later?.turnoverMinutes, about).toBe(first)
    expect(later?.from, about).toBeGreaterThanOrEqual(minutes[1] + second)
    const isInside = (later?.to ?? 0) <= end || (isBlock && (later?.from ?? 0) >= end)
    expect(isInside, about).toBe(true)
    expect((later?.to ?? 0) + first, about).toBeLessThanOrEqual(
      (next.startsAt.getTime() - soonAt(8).getTime()) / minuteMs,
    )
  }
  expect([...seen].sort()).toEqual(['done', 'refused'])
})
