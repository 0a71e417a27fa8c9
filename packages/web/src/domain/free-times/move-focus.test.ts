import { expect, test } from 'vitest'
import { targetOf } from './move-focus.ts'

// Days with three, no and two slots.
const days = [3, 0, 2]

test.each([
  ['ArrowDown', 0, 0, { day: 0, time: 1 }],
  ['ArrowDown', 0, 2, null],
  ['ArrowUp', 0, 0, null],
  ['ArrowUp', 2, 1, { day: 2, time: 0 }],
  ['ArrowRight', 0, 2, { day: 2, time: 1 }],
  ['ArrowLeft', 2, 1, { day: 0, time: 1 }],
  ['ArrowLeft', 0, 0, null],
  ['Home', 0, 2, { day: 0, time: 0 }],
  ['End', 0, 0, { day: 0, time: 2 }],
  ['a', 0, 0, null],
])('%s from day %i, time %i', (key, day, time, expected) => {
  expect(targetOf(key, days, { day, time }, false)).toEqual(expected)
})

test('in right-to-left text, the left arrow moves forwards', () => {
  expect(targetOf('ArrowLeft', days, { day: 0, time: 0 }, true)).toEqual({ day: 2, time: 0 })
  expect(targetOf('ArrowRight', days, { day: 0, time: 0 }, true)).toBeNull()
})
