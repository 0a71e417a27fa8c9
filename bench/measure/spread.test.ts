import { expect, test } from 'vitest'
import { ratiosOf, spreadOf } from './spread.ts'

test('the median of an even number of rounds is the mean of the two in the middle', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 })
  expect(spreadOf([5])).toEqual({ median: 5, min: 5, max: 5 })
  expect(() => spreadOf([])).toThrow(RangeError)
})

test('ratios are of neighbouring rounds, so that a slow minute of the machine cancels out', () => {
  expect(ratiosOf([1_000, 500, 1_000], [100, 50, 100])).toEqual({ median: 10, min: 10, max: 10 })
  expect(() => ratiosOf([1], [1, 2])).toThrow(RangeError)
})
