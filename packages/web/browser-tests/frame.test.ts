// Nightly: the header and the footer of pages of each width
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

test('the language follows the browser until it is changed, and is stored; Arabic is right to left', async ({
  site,
}) => {
  const page = await site.newPage({ locale: 'de-AT' })
  await page.goto('/')
  await page.locator('html[lang="de"]').waitFor()
  await page.getByLabel('Sprache').selectOption('ar')
  await page.locator('html[lang="ar"][dir="rtl"]').waitFor()
  await page.reload()
  await page.locator('html[lang="ar"][dir="rtl"]').waitFor()
})

test('in Arabic, counts in texts have the digits of the other numbers', async ({ site }) => {
  const page = await site.newPage({ locale: 'ar-EG' })
  await page.goto('/sign-up')
  await page.getByText('١٠ أحرف على الأقل').waitFor()
})

test('the list of doctors is the current page also during a search', async ({ site }) => {
  const page = await site.newPage()
  await page.goto('/?q=nobody-has-this-name')
  await page.getByText('No doctors found').waitFor()
  const current = page.getByRole('navigation', { name: 'Main' }).locator('[aria-current="page"]')
  expect(await current.allInnerTexts()).toEqual(['Find a doctor'])
})

test('the colour scheme follows the system until it is changed, and is stored', async ({ site }) => {
  const page = await site.newPage({ colorScheme: 'dark' })
  await page.goto('/')
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
  await page.getByRole('button', { name: 'Use light colours' }).click()
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor()
  await page.reload()
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor()
  await page.getByRole('button', { name: 'Use dark colours' }).waitFor()
})

test('the first Tab focuses the link that skips the navigation, also on the page of an unknown URL', async ({
  site,
}) => {
  const page = await site.newPage()
  await page.goto('/nowhere/at/all')
  await page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  await page.locator('#main:focus').waitFor()
})

test('without a network the list says so immediately, and loads when the network is back', async ({ site }) => {
  const practice = await aPractice(site, { doctorName: 'Dr Nora Network' })
  const page = await site.newPage({ isNewContext: true })
  await page.goto('/?q=Network')
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await page.reload()
  await page.getByText('You are offline').waitFor()
  const doctor = page.getByRole('heading', { name: practice.doctor.name })
  expect(await doctor.count()).toBe(0)
  await page.context().setOffline(false)
  await doctor.waitFor()
  await page.getByText('You are offline').waitFor({ state: 'detached' })

  // A page that failed to load appears after one click on “Try again”.
  await page.context().setOffline(true)
  await page.goto(`/doctors/${practice.doctor.id}`)
  await page.getByText('No connection').waitFor()
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor()
})

test('on a phone 320 pixels wide the menu opens and closes, and nothing overflows the page', async ({ site }) => {
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await page.goto('/')
  const menu = page.getByRole('button', { name: 'Menu' })
  await menu.click()
  await page.getByRole('link', { name: 'Sign in' }).focus()
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Sign in' }).waitFor({ state: 'hidden' })
  await menu.and(page.locator(':focus')).waitFor()
  expect(await menu.getAttribute('aria-expanded')).toBe('false')
  await menu.click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.waitForURL('**/sign-in')
  await page.getByRole('link', { name: 'Sign in' }).waitFor({ state: 'hidden' })
  expect(await sidewaysPixels(page)).toBe(0)
})
