import { expect, test } from 'vitest'
import { isWholeTime, typedTime } from './typed-time.ts'

test.for([
  ['930', '09:30'],
  ['0930', '09:30'],
  ['9:30', '09:30'],
  ['9.30', '09:30'],
  ['9 30', '09:30'],
  ['9h30', '09:30'],
  ['9 Uhr', '09:00'],
  ['14', '14:00'],
  ['2 pm', '14:00'],
  ['2:05 p.m.', '14:05'],
  ['12 am', '00:00'],
  ['12pm', '12:00'],
  ['9:30\u202fAM', '09:30'],
  ['24:00', '00:00'],
  ['٩:٣٠', '09:30'],
] as const)('%s is %s', ([text, time]) => expect(typedTime(text)).toBe(time))

test('the halves of the day in the language of the page', () => {
  expect(typedTime('٢:٠٠ م', ['ص', 'م'])).toBe('14:00')
  expect(typedTime('٢:٠٠ ص', ['ص', 'م'])).toBe('02:00')
})

test.for(['25', '9:60', '13 pm', '0 am', '9:3', 'noon', '', '9:30 x', '12345'])('%s is no time', (text) =>
  expect(typedTime(text)).toBe(null),
)

test('a time is whole with two digits of minutes', () => {
  expect(isWholeTime('9:30')).toBe(true)
  expect(['9', '930', '9:3'].some(isWholeTime)).toBe(false)
})
