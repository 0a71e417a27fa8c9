import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import {
  formatAppointment,
  formatDayTime,
  formatTime,
  formatTimes,
  formatTimesOn,
  formatTimesUnlike,
  formatTimeUnlike,
  formatZone,
} from './format.ts'
import { languages } from './languages.ts'

const [startsAt, endsAt, evening] = ['2026-11-23T08:00:00Z', '2026-11-23T08:15:00Z', '2026-11-23T18:00:00Z']

beforeAll(() => i18next.init({ lng: 'en' }))

test.for(languages)('in %s a range of times stays on one line', async (language) => {
  await i18next.changeLanguage(language)
  for (const end of [endsAt, evening]) {
    const times = formatTimes(startsAt, end, 'UTC')
    expect(times).toMatch(/8:00.*–\u2060.*00|8:00.*–\u2060.*15/)
    // Lines break at spaces and after dashes.
    expect(formatTime(end, 'UTC')).not.toContain(' ')
    expect(times).not.toMatch(/[ \u2009]|–(?!\u2060)/)
    expect(formatAppointment(startsAt, end, 'UTC')).toContain(times)
  }
})

test.for(languages)('in %s an appointment over midnight has the times of all other texts', async (language) => {
  await i18next.changeLanguage(language)
  const text = formatAppointment('2026-11-23T09:05:00Z', '2026-11-24T08:05:00Z', 'UTC')
  const [from, to] = text.split(' – ')
  expect(from?.endsWith(` ${formatTime('2026-11-23T09:05:00Z', 'UTC')}`)).toBe(true)
  expect(to?.endsWith(` ${formatTime('2026-11-24T08:05:00Z', 'UTC')}`)).toBe(true)
})

test.for(languages)('in %s a day’s time stays on one line with its half of the day', async (language) => {
  await i18next.changeLanguage(language)
  const last = formatDayTime(evening, 'UTC').split(' ').at(-1)
  expect(last).toMatch(language === 'ar' ? /^6:00\u00a0\p{L}$/u : /^18:00$|^6:00[\u00a0\u202f]PM$/)
})

test.for(languages)('in %s times that began on a day before have its date', async (language) => {
  await i18next.changeLanguage(language)
  const [dayStart, late] = [Date.parse('2026-11-23T00:00:00Z'), '2026-11-22T23:00:00Z']
  expect(formatTimesOn(dayStart, startsAt, endsAt, 'UTC')).toBe(formatTimes(startsAt, endsAt, 'UTC'))
  const times = formatTimesOn(dayStart, late, startsAt, 'UTC')
  expect(times).toBe(`${formatDayTime(late, 'UTC')}–\u2060${formatTime(startsAt, 'UTC')}`)
  expect(times).toMatch(/22/)
})

test.for(languages)('in %s a time that is not on the planned day has its day', async (language) => {
  await i18next.changeLanguage(language)
  const zone = 'Europe/Berlin'
  const [late, midnight, early, morning] = ['21:30', '23:30', '23:45', '23:50'].map((at) => `2026-11-23T${at}:00Z`)
  const [from, to] = [late ?? '', midnight ?? '']
  const time = (at = '') => formatTime(at, zone)
  const dayTime = (at = '') => formatDayTime(at, zone)
  expect(dayTime(to)).toMatch(/24/)
  expect(formatTimeUnlike(from, to, zone)).toBe(dayTime(to))
  expect(formatTimeUnlike(to, early ?? '', zone)).toBe(time(early))
  const shown = (planned: [string, string], expected: [string, string]) =>
    formatTimesUnlike({ from: planned[0], to: planned[1] }, { from: expected[0], to: expected[1] }, zone)
  expect(shown([startsAt, endsAt], [startsAt, evening])).toBe(formatTimes(startsAt, evening, zone))
  expect(shown([from, to], [from, early ?? ''])).toBe(formatTimes(from, early ?? '', zone))
  expect(shown([evening, from], [from, to])).toBe(`${time(from)}–\u2060${dayTime(to)}`)
  expect(shown([evening, from], [to, morning ?? ''])).toBe(`${dayTime(to)}–\u2060${time(morning)}`)
  expect(shown([startsAt, from], ['2026-11-22T09:00:00Z', startsAt])).toBe(
    `${dayTime('2026-11-22T09:00:00Z')}–\u2060${dayTime(startsAt)}`,
  )
})

test.for([
  ['en', 'Europe/London', 'United Kingdom Time'],
  ['de', 'Europe/London', 'Ortszeit Vereinigtes Königreich'],
  ['de', 'Europe/Berlin', 'Mitteleuropäische Zeit'],
  ['ar', 'Europe/London', 'توقيت المملكة المتحدة'],
  ['de', 'Etc/UTC', 'UTC'],
] as const)('in %s the zone %s has the name people use', async ([language, zone, name]) => {
  await i18next.changeLanguage(language)
  expect(formatZone(startsAt, zone)).toBe(name)
})
