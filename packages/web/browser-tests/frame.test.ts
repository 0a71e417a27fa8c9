import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Site, sidewaysPixels, startSite } from './harness.ts'

let site: Site

beforeAll(async () => {
  site = await startSite()
}, 180_000)

afterAll(() => site?.stop())

test('the language is the browser’s, can be changed, and stays; Arabic is written from the right', async () => {
  const page = await site.newPage({ locale: 'de-AT' })
  await page.goto('/')
  expect(await page.locator('html').getAttribute('lang')).toBe('de')
  await page.getByLabel('Sprache').selectOption('ar')
  await page.locator('html[lang="ar"][dir="rtl"]').waitFor()
  await page.reload()
  await page.locator('html[lang="ar"][dir="rtl"]').waitFor()
  expect(site.pageErrors).toEqual([])
  await page.context().close()
})

test('the colours are the system’s, until somebody chooses; the choice stays', async () => {
  const page = await site.newPage({ colorScheme: 'dark' })
  await page.goto('/')
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
  await page.getByRole('button', { name: 'Use light colours' }).click()
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor()
  await page.reload()
  await page.locator('html[data-mantine-color-scheme="light"]').waitFor()
  await page.getByRole('button', { name: 'Use dark colours' }).waitFor()
  await page.context().close()
})

test('the first Tab offers to skip the navigation; an unknown address helps on', async () => {
  const page = await site.newPage()
  await page.goto('/nowhere/at/all')
  await page.getByRole('heading', { level: 1, name: 'This page is not here' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
  await page.context().close()
})

test('on a phone of 320 pixels the menu opens and closes, and nothing is wider than the page', async () => {
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await page.goto('/')
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.waitForURL('**/sign-in')
  await page.getByRole('link', { name: 'Sign in' }).waitFor({ state: 'hidden' })
  expect(await sidewaysPixels(page)).toBe(0)
  await page.context().close()
})
