// Nightly: the names of all controls on the way of a booking
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { test } from './site-test.ts'

/** What a screen reader says of the element with the focus: its role, name and states, as ARIA snapshots write them. */
async function focused(page: Page): Promise<string> {
  const element = page.locator(':focus')
  const [line = ''] = (await element.count()) === 0 ? ['nothing'] : (await element.ariaSnapshot()).split('\n')
  return line.replace(/^- /, '').replace(/:$/, '')
}

/** Presses Tab until the element with the focus is described by `wanted`. @returns everything on the way, in order */
async function tabTo(page: Page, wanted: RegExp): Promise<string[]> {
  const passed: string[] = []
  while (passed.length < 60) {
    await page.keyboard.press('Tab')
    const stop = await focused(page)
    // The calendar button inside a date field.
    if (stop === 'nothing') continue
    passed.push(stop)
    if (wanted.test(passed.at(-1) ?? '')) return passed
  }
  throw new Error(`Tab never came to ${wanted}: ${passed.join(', ')}`)
}

/** Each stop has a role and a name. */
function expectNamed(stops: readonly string[]): void {
  expect(stops.filter((stop) => !/^(link|button|textbox|combobox|searchbox|radio|row|option) "\S/.test(stop))).toEqual(
    [],
  )
}

test('the whole booking, from the search to the moved ticket, with the keyboard alone and with names', async ({
  site,
}) => {
  await aPractice(site, { doctorName: 'Dr Screenreader', appointmentTypes: ['in_person', 'video'] })
  const page = await site.newPage()
  await page.goto('/')
  await page.getByRole('article').first().waitFor()
  expectNamed(await tabTo(page, /^searchbox "Name or specialisation"/))
  await page.keyboard.type('Screenreader')
  await page.getByText('1 doctor', { exact: true }).waitFor()
  const toTime = await tabTo(page, /^button "Hold .+, Dr Screenreader"$/)
  expectNamed(toTime)
  expect(toTime).toContain('link "Dr Screenreader"')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'This time is held for you' }).and(page.locator(':focus')).waitFor()
  await page.getByRole('timer', { name: /^Time left to confirm/ }).waitFor()

  const toConfirm = await tabTo(page, /^button "Confirm appointment"$/)
  expectNamed(toConfirm)
  expect(toConfirm).toEqual([
    'button "I need more time"',
    'textbox "Full name"',
    'textbox "E-mail"',
    'textbox "Phone"',
    'textbox "Reason for the appointment"',
    'button "Confirm appointment"',
  ])
  // Nothing is filled in: the focus goes to the field, whose error is its description.
  await page.keyboard.press('Enter')
  const name = page.getByRole('textbox', { name: 'Full name', description: 'Please enter the name of the patient.' })
  await name.and(page.locator(':focus')).waitFor()
  await page.keyboard.type('Grace Hopper')
  await tabTo(page, /^button "Confirm appointment"$/)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Add contact' }).and(page.locator(':focus')).waitFor()
  expectNamed(await tabTo(page, /^button "Book without contact"$/))
  await page.keyboard.press('Enter')
  const confirmed = page.getByRole('heading', { level: 1, name: 'Your appointment is confirmed' })
  await confirmed.and(page.locator(':focus')).waitFor()

  const toMove = await tabTo(page, /^button "Move to another time"/)
  expectNamed(toMove)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Choose a time' }).and(page.locator(':focus')).waitFor()
  const times = await tabTo(page, /^button "0?9:\d\d/)
  expectNamed(times)
  // The week is one stop; arrow keys move within it.
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  expect(await focused(page)).toMatch(/^button "0?9:45"$/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Move to this time?' }).and(page.locator(':focus')).waitFor()
  expect(await tabTo(page, /^button "Keep my time"$/)).toEqual([
    'button "Move appointment"',
    'button "Another time"',
    'button "Keep my time"',
  ])
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByText(/^Moved to .+9:45/).waitFor()
  const moved = page.getByRole('heading', { level: 1, name: 'Your appointment was moved' })
  await moved.and(page.locator(':focus')).waitFor()
})

test('on a doctor’s page the days, the type and the times have names, and the landmarks too', async ({ site }) => {
  const practice = await aPractice(site, { appointmentTypes: ['in_person', 'video'] })
  const page = await site.newPage()
  await page.goto(`/doctors/${practice.doctor.id}`)
  await page.getByRole('button', { name: /^0?9:00$/ }).waitFor()
  await page.getByRole('radiogroup', { name: 'Type of appointment' }).waitFor()
  await page.getByRole('region', { name: 'Choose a time' }).waitFor()
  expect(await page.getByRole('region', { name: /^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day/ }).count()).toBe(7)
  for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
    expect(await page.getByRole(landmark).count(), landmark).toBe(1)
  }
  const stops = await tabTo(page, /^button "0?9:00"$/)
  expectNamed(stops)
  expect(stops[0]).toBe('link "Skip to content"')
})

test('after booking for somebody at the desk, the focus is on the heading, and again for the next one', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { clinic: 'Desk Focus', doctor: 'Dr Desk' })
  const tomorrow = Temporal.Now.plainDateISO('UTC').add({ days: 1 })
  const rule = { from: tomorrow.toString(), to: tomorrow.toString(), weekdays: [1, 2, 3, 4, 5, 6, 7] }
  await site.admin.createSlots({
    path: { doctorId: scene.doctor.id },
    body: { rule: { ...rule, startTime: '09:00', endTime: '10:00' } },
  })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book`)
  if (tomorrow.dayOfWeek === 1) await page.getByRole('button', { name: 'Next week' }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Grace Hopper')
  await page.getByRole('button', { name: /^0?9:00$/ }).click()
  const book = page.getByRole('button', { name: /^Book/ })
  await book.click()
  const heading = page.getByRole('heading', { level: 1 }).and(page.locator(':focus'))
  await heading.waitFor()
  await page.getByText('Grace Hopper').waitFor()
  await page.getByRole('button', { name: 'Book another appointment' }).press('Enter')
  await heading.filter({ hasText: 'Book for a patient' }).waitFor()
  const name = page.getByRole('textbox', { name: 'Name', exact: true })
  expect(await name.inputValue()).toBe('Grace Hopper')
  await page.getByRole('button', { name: /^0?9:15$/ }).click()
  await book.click()
  await page.getByRole('button', { name: 'Book for another patient' }).press('Enter')
  await heading.filter({ hasText: 'Book for a patient' }).waitFor()
  expect(await name.inputValue()).toBe('')
})
