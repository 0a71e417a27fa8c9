import { expect, test } from 'vitest'
import { pauseAfter } from './pause-after.ts'

test('each pause is twice as long as the one before, up to the longest', () => {
  const pauses = [1, 2, 3, 4, 5, 2000].map((attempts) => pauseAfter(attempts, { min: 5, max: 60 }))
  expect(pauses).toEqual([5, 10, 20, 40, 60, 60])
})
