import { expect, test } from 'vitest'
import { timeZoneName } from './time-zone.ts'

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  ['america/sao_paulo', 'America/Sao_Paulo'],
  ['Asia/Calcutta', 'Asia/Calcutta'],
  ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
  ['UTC', 'UTC'],
  ['Etc/GMT+3', 'Etc/GMT+3'],
])('%s is %s', (text, name) => {
  expect(timeZoneName(text)).toBe(name)
})

test.each([
  '',
  'Mars/Olympus',
  '+03:00',
  '-03',
  'Europe/Berlin ',
  'Europe//Berlin',
  'Berlin',
  'x'.repeat(10_000),
  'UTC\0',
])('%j is not a time zone', (text) => {
  expect(timeZoneName(text)).toBeNull()
})
