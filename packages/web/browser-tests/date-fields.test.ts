// Nightly: date fields in all languages
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import de from '../src/locales/de/schedule.json' with { type: 'json' }
import deShell from '../src/locales/de/shell.json' with { type: 'json' }
import en from '../src/locales/en/schedule.json' with { type: 'json' }
import enShell from '../src/locales/en/shell.json' with { type: 'json' }
import { aClinicScene } from './clinic-scene.ts'
import { isoValueOf, typeInto } from './date-fields.ts'
import { axeFindings, type Site } from './harness.ts'
import { test } from './site-test.ts'

/** The clinic's page of slots, which has fields of dates and times. */
async function openTimes(site: Site, locale: string, language: string): Promise<Page> {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('staff', { locale })
  await page.addInitScript((chosen) => localStorage.setItem('holdfast-language', chosen), language)
  await page.goto(`/clinic/${scene.clinic.id}/times`)
  return page
}

const fieldsOf = (page: Page, texts: typeof en) => ({
  date: page.getByLabel(texts.rule.from, { exact: true }).first(),
  time: page.getByLabel(texts.rule.startTime, { exact: true }).first(),
})

test.for([
  { language: 'de', locale: 'en-US', texts: de, shell: deShell, pattern: 'Tag.Monat.Jahr', shown: '03.04.2027' },
  { language: 'en', locale: 'de-DE', texts: en, shell: enShell, pattern: 'day/month/year', shown: '03/04/2027' },
])(
  'dates and times are typed in the language of the site, $language, in a browser in $locale',
  async ({ language, locale, texts, shell, pattern, shown }, { site }) => {
    const page = await openTimes(site, locale, language)
    const { date, time } = fieldsOf(page, texts)
    await date.waitFor()
    expect(await date.getAttribute('placeholder')).toBe(pattern)
    expect(await date.getAttribute('aria-description')).toBe(pattern)
    for (const text of ['3.4.27', '3/4/2027', '03042027', '2027-04-03', ` ${shown}`]) {
      await typeInto(date, text)
      await expect.poll(() => date.inputValue(), { message: text }).toBe(shown)
      expect(await isoValueOf(date), text).toBe('2027-04-03')
    }
    for (const [text, value] of [
      ['930', '09:30'],
      ['2 pm', '14:00'],
      ['9:05', '09:05'],
    ] as const) {
      await typeInto(time, text)
      await expect.poll(() => isoValueOf(time), { message: text }).toBe(value)
      expect(await time.inputValue(), text).toBe(value.replace(/^0/, ''))
    }
    await date.press('ArrowUp')
    expect(await isoValueOf(date)).toBe('2027-04-04')

    await typeInto(date, '31.2.2027')
    const message = shell.fieldProblem.date.replace('{{example}}', shown.replace('03', '31').replace('04', '12'))
    await page.getByText(message).waitFor()
    expect(await date.getAttribute('aria-invalid')).toBe('true')
    expect(await date.inputValue()).toBe('31.2.2027')
    expect(await isoValueOf(date)).toBe('')
    expect(await axeFindings(page)).toEqual([])
    await typeInto(date, shown)
    await page.getByText(message).waitFor({ state: 'detached' })
  },
)

test('in American English the month is first, and the half of the day is shown', async ({ site }) => {
  const page = await openTimes(site, 'en-US', 'en')
  const { date, time } = fieldsOf(page, en)
  await typeInto(date, '4/3/27')
  expect([await date.inputValue(), await isoValueOf(date)]).toEqual(['04/03/2027', '2027-04-03'])
  await typeInto(time, '2 pm')
  expect([await time.inputValue(), await isoValueOf(time)]).toEqual(['2:00\u00a0PM', '14:00'])
  expect(await time.getAttribute('placeholder')).toBe('hour:minute AM/PM')
  // Without AM or PM, it is in the half of the day that the field had, and no time if the field had none.
  await typeInto(time, '4:30')
  expect(await isoValueOf(time)).toBe('16:30')
  await time.fill('')
  await time.press('Tab')
  await typeInto(time, '4:30')
  expect([await time.getAttribute('aria-invalid'), await isoValueOf(time)]).toEqual(['true', ''])
})

test('a day is chosen from the calendar by keyboard, in the language of the site', async ({ site }) => {
  const page = await openTimes(site, 'en-US', 'de')
  const { date } = fieldsOf(page, de)
  await typeInto(date, '3.4.2027')
  const field = page.locator('[data-field]').filter({ has: date }).first()
  const button = field.getByRole('button', { name: deShell.openCalendar })
  await button.and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'April 2027', exact: true }).waitFor()
  expect(await page.locator('thead th').allTextContents()).toEqual(['Mo', 'Di', 'Mi', 'Do', 'Fr', 'Sa', 'So'])
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'April 2027', exact: true }).waitFor({ state: 'detached' })
  await button.and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Samstag, 3. April 2027' }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect.poll(() => isoValueOf(date)).toBe('2027-04-10')
  await button.and(page.locator(':focus')).waitFor()
})
