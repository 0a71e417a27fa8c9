import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { hold, openTimes } from './booking-steps.ts'
import { signInContext } from './clinic-scene.ts'
import { typeInto } from './date-fields.ts'
import { axeFindings, type Site, sidewaysPixels, signUp, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const who = (page: Page) => page.getByRole('radiogroup', { name: 'Who is the appointment for?' })
const choice = (page: Page, name: string) => who(page).getByRole('radio', { name, exact: true })
const nameOf = (page: Page) => page.getByLabel('Full name')
const keep = (page: Page) => page.getByRole('checkbox', { name: 'Keep this person in my account' })

/** Somebody who is signed in on a phone, and a doctor with free times. */
async function aParent(site: Site) {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await signInContext(site, page, await signUp(site.url, 'Ada King'))
  return { practice, page }
}

async function confirmed(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
}

/** The person is kept after the appointment is confirmed, which a reload would prevent. */
async function keptAfter(page: Page, act: () => Promise<void>): Promise<void> {
  const isKept = page.waitForResponse((response) => response.url().endsWith('/me/people') && response.status() === 201)
  await act()
  await isKept
}

const appointments = (page: Page) => page.getByRole('main').getByRole('listitem').filter({ hasText: 'Dr Amara Okafor' })

test('a parent books for a child, keeps them, chooses them next time, and finds whose each appointment is', async ({
  site,
}) => {
  const { practice, page } = await aParent(site)
  await openTimes(page, practice)
  await hold(page, '9:00')
  expect(await choice(page, 'Me').isChecked()).toBe(true)
  expect(await nameOf(page).inputValue()).toBe('Ada King')
  expect(await keep(page).count()).toBe(0)
  await choice(page, 'Somebody else').check()
  expect(await nameOf(page).inputValue()).toBe('')
  await nameOf(page).fill('Mia King')
  await keep(page).check()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await keptAfter(page, () => confirmed(page))

  // The name is chosen now, and what was typed comes back.
  await openTimes(page, practice)
  await hold(page, '9:15')
  await choice(page, 'Mia King').waitFor()
  await choice(page, 'Somebody else').check()
  await nameOf(page).fill('Leo')
  await choice(page, 'Mia King').check()
  expect(await nameOf(page).inputValue()).toBe('Mia King')
  expect(await keep(page).count()).toBe(0)
  await choice(page, 'Somebody else').check()
  expect(await nameOf(page).inputValue()).toBe('Leo')
  // The choice follows the field, too.
  await nameOf(page).fill('Ada King')
  expect(await choice(page, 'Me').isChecked()).toBe(true)
  await choice(page, 'Mia King').check()
  await confirmed(page)
  await openTimes(page, practice)
  await hold(page, '9:30')
  await confirmed(page)

  await page.goto('/my-bookings')
  await expect.poll(() => appointments(page).count()).toBe(3)
  const whose = page.getByLabel('Appointments of')
  await whose.selectOption('Mia King')
  await expect.poll(() => appointments(page).count()).toBe(2)
  await page.getByRole('tab', { name: 'Upcoming (2)' }).waitFor()
  expect(await appointments(page).filter({ hasText: 'Mia King' }).count()).toBe(2)
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await whose.selectOption('Everybody')
  await expect.poll(() => appointments(page).count()).toBe(3)
})

test('people are added, corrected and removed on their page; appointments keep their names', async ({ site }) => {
  const { practice, page } = await aParent(site)
  await page.goto('/account')
  await page.getByRole('link', { name: 'People you book for' }).click()
  await page.getByText('Nobody yet').waitFor()
  await page.getByRole('button', { name: 'Add person' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Enter the name.').waitFor()
  await dialog.getByLabel('Full name').fill('Mia King')
  await dialog.getByLabel('What the person is to you').selectOption('Child')
  await typeInto(dialog.getByRole('textbox', { name: 'Date of birth' }), '04/03/2019')
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The person was added.').waitFor()
  const person = page.getByRole('main').getByRole('listitem')
  await person.filter({ hasText: 'Mia King' }).getByText('Child · born 04/03/2019').waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)

  await openTimes(page, practice)
  await hold(page, '9:00')
  await choice(page, 'Mia King').check()
  await confirmed(page)
  await page.goto('/account/people')
  await page.getByRole('button', { name: 'Edit: Mia King' }).click()
  await dialog.getByText('keep the name that they have').waitFor()
  await dialog.getByLabel('Full name').fill('Mia Lovelace')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await person.filter({ hasText: 'Mia Lovelace' }).waitFor()
  await page.getByRole('button', { name: 'Remove: Mia Lovelace' }).click()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await page.getByText('Nobody yet').waitFor()
  await page.goto('/my-bookings')
  await appointments(page).getByText('Mia King').waitFor()
  // Nobody has to choose among one.
  expect(await page.getByLabel('Appointments of').count()).toBe(0)
})

test('who cannot be kept is booked for all the same', async ({ site }) => {
  const { practice, page } = await aParent(site)
  await openTimes(page, practice)
  await hold(page, '9:00')
  await choice(page, 'Somebody else').check()
  await nameOf(page).fill('Mia King')
  await keep(page).check()
  await page.route('**/api/v1/me/people', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  )
  await confirmed(page)
  await page.getByText('could not be kept in your account').waitFor()
})

test('a parent waits for a child, whose entry has their name', async ({ site }) => {
  const { practice, page } = await aParent(site)
  await page.goto(`/join-waitlist?doctorId=${practice.doctor.id}`)
  await choice(page, 'Somebody else').check()
  await nameOf(page).fill('Mia King')
  await keep(page).check()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await keptAfter(page, async () => {
    await page.getByRole('button', { name: 'Join the waitlist' }).click()
    await page.getByRole('heading', { level: 1, name: 'You are on the waitlist' }).waitFor()
  })
  await page.goto('/my-waitlist')
  await page.getByRole('listitem').getByText('Mia King').waitFor()
  await page.goto('/account/people')
  await page.getByRole('listitem').getByText('Mia King').waitFor()
})

test('a guest is not asked: the name is typed', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await untilRead(page)
  expect(await who(page).count()).toBe(0)
  await nameOf(page).fill('Mia King')
})
