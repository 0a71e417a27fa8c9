import { expect, test } from 'vitest'
import { planAfterKey } from './plan-after-key.ts'

const plan = { roomId: 'b', startsAt: 3_600_000, minutes: 10 }
const step = 300_000
const press = (key: string, shiftKey = false, isRightToLeft = false) =>
  planAfterKey(plan, { key, shiftKey }, ['a', 'b', 'c'], isRightToLeft, step)

test('arrows along the row move a case by a step, mirrored from right to left', () => {
  expect(press('ArrowRight')).toEqual({ ...plan, startsAt: 3_900_000 })
  expect(press('ArrowLeft')).toEqual({ ...plan, startsAt: 3_300_000 })
  expect(press('ArrowLeft', false, true)).toEqual({ ...plan, startsAt: 3_900_000 })
})

test('with Shift they change its length, which stays positive', () => {
  expect(press('ArrowRight', true)).toEqual({ ...plan, minutes: 15 })
  expect(press('ArrowLeft', true)).toEqual({ ...plan, minutes: 5 })
  expect(planAfterKey({ ...plan, minutes: 5 }, { key: 'ArrowLeft', shiftKey: true }, [], false, step)).toBeNull()
})

test('arrows across lead to the next room, and not beyond the last', () => {
  expect(press('ArrowDown')).toEqual({ ...plan, roomId: 'c' })
  expect(planAfterKey(plan, { key: 'ArrowUp', shiftKey: false }, ['b'], false, step)).toBeNull()
  expect(press('x')).toBeNull()
})
