import { expect, test } from 'vitest'
import { normalReference } from './normal-reference.ts'

test.each([
  ['004e-81f2', '004E-81F2'],
  [' 004E 81F2 ', '004E-81F2'],
  ['004e81f2', '004E-81F2'],
  ['004E–81F2', '004E-81F2'],
  ['004E\u201181F2', '004E-81F2'],
  ['004E-81F', null],
  ['004E-81F2-1', null],
  ['000O-81F2', null],
  ['', null],
])('%j is the reference %s', (typed, reference) => {
  expect(normalReference(typed)).toBe(reference)
})
