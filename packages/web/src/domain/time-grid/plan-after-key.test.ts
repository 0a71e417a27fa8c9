import { expect, test } from 'vitest'
import { planAfterKey } from './plan-after-key.ts'
import type { Axis } from './time-at.ts'

const plan = { trackId: 'b', startsAt: 3_600_000, minutes: 10 }
const settings = {
  tracks: ['a', 'b', 'c'],
  axis: 'inline' as Axis,
  isRightToLeft: false,
  stepMs: 300_000,
  canStretch: true,
}
const press = (key: string, shiftKey = false, changed: Partial<typeof settings> = {}, of = plan) =>
  planAfterKey(of, { key, shiftKey }, { ...settings, ...changed })

test('arrows along a row move a case by a step, mirrored from right to left', () => {
  expect(press('ArrowRight')).toEqual({ ...plan, startsAt: 3_900_000 })
  expect(press('ArrowLeft')).toEqual({ ...plan, startsAt: 3_300_000 })
  expect(press('ArrowLeft', false, { isRightToLeft: true })).toEqual({ ...plan, startsAt: 3_900_000 })
})

test('with Shift they change its length, which stays positive, unless it is fixed', () => {
  expect(press('ArrowRight', true)).toEqual({ ...plan, minutes: 15 })
  expect(press('ArrowLeft', true)).toEqual({ ...plan, minutes: 5 })
  expect(press('ArrowLeft', true, {}, { ...plan, minutes: 5 })).toBeNull()
  expect(press('ArrowRight', true, { canStretch: false })).toBeNull()
})

test('arrows across lead to the next room, and not beyond the last', () => {
  expect(press('ArrowDown')).toEqual({ ...plan, trackId: 'c' })
  expect(press('ArrowUp', false, { tracks: ['b'] })).toBeNull()
  expect(press('x')).toBeNull()
})

test('in columns, arrows down and up are along the time, and those to the sides across, mirrored too', () => {
  expect(press('ArrowDown', false, { axis: 'block' })).toEqual({ ...plan, startsAt: 3_900_000 })
  expect(press('ArrowRight', false, { axis: 'block' })).toEqual({ ...plan, trackId: 'c' })
  expect(press('ArrowRight', false, { axis: 'block', isRightToLeft: true })).toEqual({ ...plan, trackId: 'a' })
})
