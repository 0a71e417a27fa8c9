import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import { formatAppointment, formatTimes } from './format.ts'
import { languages } from './languages.ts'

const [startsAt, endsAt, evening] = ['2026-11-23T08:00:00Z', '2026-11-23T08:15:00Z', '2026-11-23T18:00:00Z']

beforeAll(() => i18next.init({ lng: 'en' }))

test.for(languages)('in %s a range of times stays on one line', async (language) => {
  await i18next.changeLanguage(language)
  for (const end of [endsAt, evening]) {
    const times = formatTimes(startsAt, end, 'UTC')
    expect(times).toMatch(/8:00.*–\u2060.*00|8:00.*–\u2060.*15/)
    // Lines break at spaces and after dashes.
    expect(times).not.toMatch(/[ \u2009]|–(?!\u2060)/)
    expect(formatAppointment(startsAt, end, 'UTC')).toContain(times)
  }
})
