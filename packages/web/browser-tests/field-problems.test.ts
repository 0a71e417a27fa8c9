// Nightly: the problems of fields of each kind of form
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

/** What is said about a field, as screen readers get it; the last of its descriptions. */
async function problemOf(field: Locator): Promise<string | null> {
  return field.evaluate((control) => {
    if (control.getAttribute('aria-invalid') !== 'true') return null
    const ids = control.getAttribute('aria-describedby')?.split(' ') ?? []
    return document.getElementById(ids.at(-1) ?? '')?.textContent ?? null
  })
}

/** Counts what browsers would show bubbles for. */
async function countBubbles(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = Object.assign(window, { bubbles: 0 })
    const count = (event: Event) => {
      if (!event.defaultPrevented) counted.bubbles += 1
    }
    addEventListener('invalid', (event) => setTimeout(() => count(event)), true)
  })
  return () => page.evaluate(() => (window as Window & { bubbles?: number }).bubbles ?? -1)
}

test('an empty form says at each field what is missing, without the browser’s bubbles, and focuses the first', async ({
  site,
}) => {
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await page.goto('/sign-up')
  const [name, email] = [page.getByLabel('Full name'), page.getByLabel('E-mail')]
  await name.waitFor()
  const bubbles = await countBubbles(page)
  await page.getByRole('button', { name: 'Create account' }).click()
  await name.and(page.locator(':focus')).waitFor()
  for (const field of [name, email, page.getByLabel('Password', { exact: true })]) {
    expect(await problemOf(field)).toBe('Please fill in this field.')
  }
  expect(await axeFindings(page)).toEqual([])

  await page.keyboard.type('Grace Hopper')
  expect(await problemOf(name)).toBeNull()
  expect(await name.getAttribute('aria-invalid')).not.toBe('true')
  await email.fill('grace')
  await page.getByRole('button', { name: 'Create account' }).click()
  await email.and(page.locator(':focus')).waitFor()
  expect(await problemOf(email)).toBe('Enter an e-mail address such as name@example.org.')
  expect(await page.getByText('Please fill in this field.').count()).toBe(1)
  expect(await bubbles()).toBe(0)
})

test('a form in a dialog says it in the page’s language', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin', { locale: 'de' })
  await page.goto(`/clinic/${scene.clinic.id}/doctors`)
  await page.getByRole('button', { name: 'Ärztin oder Arzt hinzufügen' }).click()
  const dialog = page.getByRole('dialog')
  const name = dialog.getByLabel('Name')
  await name.waitFor()
  const bubbles = await countBubbles(page)
  await name.press('Enter')
  await name.and(page.locator(':focus')).waitFor()
  expect(await problemOf(name)).toBe('Bitte füllen Sie dieses Feld aus.')
  expect(await bubbles()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('a number beyond its limits stays as it was typed, with the limits under it, and is not saved', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/doctors`)
  await page.getByRole('button', { name: 'Add doctor' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Dr Long Experience')
  await dialog.getByLabel('Specialisation').fill('Cardiology')
  const years = dialog.getByLabel('Years of experience')
  await years.fill('99')
  await years.press('Tab')
  expect(await years.inputValue()).toBe('99')
  expect(await problemOf(years)).toBe('Enter a number from 0 to 80.')
  await dialog.getByRole('button', { name: 'Add doctor' }).click()
  await years.and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await years.fill('80')
  expect(await problemOf(years)).toBeNull()
  await dialog.getByRole('button', { name: 'Add doctor' }).click()
  await page.getByRole('row').filter({ hasText: 'Dr Long Experience' }).waitFor()
})
