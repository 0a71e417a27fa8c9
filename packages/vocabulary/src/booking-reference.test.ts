import { expect, test } from 'vitest'
import { referenceOf } from './booking-reference.ts'

test('a reference is the last eight characters, in two groups', () => {
  expect(referenceOf('0193a7c0-0000-8000-8000-0000004e81f2')).toBe('004E-81F2')
})
