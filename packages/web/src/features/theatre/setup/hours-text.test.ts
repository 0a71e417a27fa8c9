import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import { hoursText } from './hours-text.ts'

beforeAll(() => i18next.init({ lng: 'en' }))

const on = (weekdays: number[], from: string, to: string) => weekdays.map((weekday) => ({ weekday, from, to }))
/** The text without the characters that keep a range on one line. */
const textOf = async (language: string, hours: Parameters<typeof hoursText>[0]) => {
  await i18next.changeLanguage(language)
  return hoursText(hours)
    .replaceAll('\u2060', '')
    .replace(/[\u00a0\u2009\u202f]/g, ' ')
}

test('days in a row with the same hours are written once, others apart', async () => {
  const weekdays = on([1, 2, 3, 4, 5], '07:00', '17:00')
  expect(await textOf('de', [...on([6], '08:00', '12:00'), ...weekdays])).toBe('Mo – Fr 7:00–17:00, Sa 8:00–12:00')
  expect(await textOf('de', on([1, 3, 4], '07:00', '17:00'))).toBe('Mo 7:00–17:00, Mi – Do 7:00–17:00')
})

test('a day with a break has its hours in their order', async () => {
  expect(await textOf('de', [...on([2], '13:00', '16:00'), ...on([2], '08:00', '12:00')])).toBe(
    'Di 8:00–12:00 13:00–16:00',
  )
})

test('hours until the end of the day have no dates', async () => {
  expect(await textOf('de', on([1, 2, 3, 4, 5, 6, 7], '00:00', '24:00'))).toBe('Mo – So 0:00–24:00')
  expect(await textOf('ar', on([1], '19:00', '24:00'))).toBe('الاثنين 7:00 م–12:00 ص')
})

test('Arabic has its own times and comma', async () => {
  expect(await textOf('ar', [...on([1, 2], '07:00', '17:00'), ...on([4], '07:00', '09:00')])).toBe(
    'الاثنين – الثلاثاء 7:00 ص – 5:00 م، الخميس 7:00–9:00 ص',
  )
})
