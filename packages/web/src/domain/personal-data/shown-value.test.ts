import { expect, test } from 'vitest'
import { shownValue, type ValueWords } from './shown-value.ts'

const words: ValueWords = {
  time: (instant) => `time ${instant}`,
  date: (day) => `day ${day}`,
  word: (code) => (code === 'CONFIRMED' ? 'Confirmed' : undefined),
  isTrue: 'yes',
  isFalse: 'no',
}

test.for<[unknown, string | null]>([
  [null, null],
  ['', null],
  [[], null],
  [{ arrived: null }, null],
  [false, 'no'],
  [0, '0'],
  ['CONFIRMED', 'Confirmed'],
  ['Ada', 'Ada'],
  ['2026-11-30T08:00:00.000Z', 'time 2026-11-30T08:00:00.000Z'],
  ['2026-11-30T08:00:00+00:00', 'time 2026-11-30T08:00:00+00:00'],
  ['1970-05-01', 'day 1970-05-01'],
  ['2026-11-30T08:00 in a note', '2026-11-30T08:00 in a note'],
  [['de', null, 'en'], 'de, en'],
  [[{ system: 'lab', value: '7' }], 'system: lab, value: 7'],
])('%j is shown as %s', ([value, text]) => {
  expect(shownValue(value, words)).toBe(text)
})
