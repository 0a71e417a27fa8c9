import { bookingEventTypes } from '@holdfast/vocabulary'
import { expect, test } from 'vitest'
import ar from '../../locales/ar/personal-data.json' with { type: 'json' }
import de from '../../locales/de/personal-data.json' with { type: 'json' }
import en from '../../locales/en/personal-data.json' with { type: 'json' }
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
  expect(shownValue('status', value, words)).toBe(text)
})

test('bookings are shown by their references', () => {
  const id = '0198f0a1-0000-7000-8000-00001234abcd'
  expect(shownValue('booking', id, words)).toBe('1234-ABCD')
  expect(shownValue('bookings', [id], words)).toBe('1234-ABCD')
})

test.for(Object.entries({ ar, de, en }))('every event of a booking has a word in %s', ([, { word }]) => {
  expect(bookingEventTypes.filter((type) => !(type in word))).toEqual([])
})
