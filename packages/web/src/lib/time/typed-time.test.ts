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
  expect(['9', '930', '9:3'].some((text) => isWholeTime(text))).toBe(false)
})

test.for([
  ['4:30', '15:00', '16:30'],
  ['4:30', '09:00', '04:30'],
  ['12:15', '15:00', '12:15'],
  ['12:15', '09:00', '00:15'],
  ['4:30', '', null],
  ['4:30 am', '15:00', '04:30'],
  ['16:30', '09:00', '16:30'],
  ['0:30', '15:00', '00:30'],
] as const)('where hours are counted to 12, %s after %s is %s', ([text, value, time]) => {
  expect(typedTime(text, ['am', 'pm'], value)).toBe(time)
})

test('where hours are counted to 12, a time is whole with the half of the day', () => {
  const isWhole = (text: string) => isWholeTime(text, ['am', 'pm'])
  expect(['9:30', '12:00'].some(isWhole)).toBe(false)
  expect(['9:30 pm', '9:30 am', '14:30', '0:30'].every(isWhole)).toBe(true)
})
