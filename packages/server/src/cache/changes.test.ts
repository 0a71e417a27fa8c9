import fc from 'fast-check'
import { expect, test } from 'vitest'
import { movesNextAvailable } from './changes.ts'

const doctorId = 'doctor'
/** Free units by start, in a small calendar. */
const calendars = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 5 })
const nextOf = (available: readonly number[]) => {
  const start = available.findIndex((units) => units > 0)
  return start === -1 ? null : start
}

test('whatever changes in a slot: if the next free time moves, this is noticed, however much is known', () => {
  fc.assert(
    fc.property(calendars, fc.nat(), fc.integer({ min: 0, max: 2 }), (before, at, available) => {
      const startsAtMs = at % before.length
      const after = before.with(startsAtMs, available)
      const next = nextOf(before)
      const isMoved = nextOf(after) !== next
      for (const change of [
        { doctorId, startsAtMs, available },
        { doctorId, startsAtMs, available: null },
        { doctorId, startsAtMs: null, available },
        { doctorId, startsAtMs: null, available: null },
      ]) {
        if (isMoved) expect(movesNextAvailable(next, change)).toBe(true)
      }
      expect(movesNextAvailable(next, { doctorId, startsAtMs, available })).toBe(isMoved)
    }),
  )
})

test('a booking of a later slot, or one that leaves room in the next, moves nothing', () => {
  expect(movesNextAvailable(5, { doctorId, startsAtMs: 6, available: 0 })).toBe(false)
  expect(movesNextAvailable(5, { doctorId, startsAtMs: 6, available: null })).toBe(false)
  expect(movesNextAvailable(5, { doctorId, startsAtMs: 5, available: 3 })).toBe(false)
  expect(movesNextAvailable(null, { doctorId, startsAtMs: 5, available: 0 })).toBe(false)
})
