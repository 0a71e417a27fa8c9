import { nextSlotsMax } from '@holdfast/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { movesNextSlots } from './changes.ts'

const doctorId = 'doctor'
/** Free units by start, in a small calendar. */
const calendars = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 7 })
const nextOf = (available: readonly number[]) =>
  available.flatMap((units, start) => (units > 0 ? [start] : [])).slice(0, nextSlotsMax)

test('whatever changes in a slot: if the next slots change, this is noticed, however much is known', () => {
  fc.assert(
    fc.property(calendars, fc.nat(), fc.integer({ min: 0, max: 2 }), (before, at, available) => {
      const startsAtMs = at % before.length
      const after = before.with(startsAtMs, available)
      const next = nextOf(before)
      const isMoved = String(nextOf(after)) !== String(next)
      for (const change of [
        { doctorId, startsAtMs, available },
        { doctorId, startsAtMs, available: null },
        { doctorId, startsAtMs: null, available },
        { doctorId, startsAtMs: null, available: null },
      ]) {
        if (isMoved) expect(movesNextSlots(next, change)).toBe(true)
      }
      expect(movesNextSlots(next, { doctorId, startsAtMs, available })).toBe(isMoved)
    }),
  )
})

test('a booking of a later slot, or one that leaves room in one of the next, changes nothing', () => {
  expect(movesNextSlots([3, 5], { doctorId, startsAtMs: 6, available: 0 })).toBe(false)
  expect(movesNextSlots([3, 4, 5], { doctorId, startsAtMs: 6, available: null })).toBe(false)
  expect(movesNextSlots([3, 5], { doctorId, startsAtMs: 5, available: 3 })).toBe(false)
  expect(movesNextSlots([], { doctorId, startsAtMs: 5, available: 0 })).toBe(false)
})
