import type { Slot } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { nearestTimes } from './nearest-times.ts'

const at = (time: string) => ({ id: time, startsAt: `2026-11-23T${time}:00Z` }) as Slot

test('the nearest times before and after are listed by their start, without the time itself', () => {
  const times = ['07:00', '09:30', '10:00', '10:10', '12:00'].map(at)
  expect(nearestTimes(times, '2026-11-23T10:00:00.000Z', 3).map(({ id }) => id)).toEqual(['09:30', '10:10', '12:00'])
  expect(nearestTimes([], '2026-11-23T10:00:00Z', 3)).toEqual([])
})
