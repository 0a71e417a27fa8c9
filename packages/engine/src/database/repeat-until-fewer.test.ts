import { expect, test } from 'vitest'
import { repeatUntilFewer, stepsMax } from './repeat-until-fewer.ts'

test('a step is repeated until it changes fewer rows than its limit', async () => {
  const counts = [5, 5, 2, 5]
  expect(await repeatUntilFewer(5, async () => counts.shift() ?? 0)).toBe(12)
  expect(counts).toEqual([5])
})

test('a run ends after the maximum of steps, also if rows are left', async () => {
  expect(await repeatUntilFewer(1, async () => 1)).toBe(stepsMax)
})

test('no step begins after the signal was aborted', async () => {
  const stopping = new AbortController()
  const step = async () => {
    stopping.abort()
    return 5
  }
  expect(await repeatUntilFewer(5, step, stopping.signal)).toBe(5)
  expect(await repeatUntilFewer(5, step, stopping.signal)).toBe(0)
})
