import { expect, test } from 'vitest'
import { Pacing, stretchOf } from './pacing.ts'

test.each([
  [0, 1],
  [0.5, 1],
  [0.675, 5.5],
  [0.85, 10],
  [1, 10],
])('at a utilization of %d the pauses are %d times as long', (utilization, stretch) => {
  expect(stretchOf(utilization)).toBeCloseTo(stretch)
})

test('a process without idle time is detected as busy', async () => {
  const pacing = new Pacing()
  for (let look = 0; look < 4; look += 1) {
    const beganMs = performance.now()
    // Lets the loop turn, so that there is something to measure, and leaves it no rest.
    while (performance.now() - beganMs < 250) await new Promise((resolve) => setImmediate(resolve))
    pacing.stretch
  }
  expect(pacing.stretch).toBeGreaterThan(5)
})
