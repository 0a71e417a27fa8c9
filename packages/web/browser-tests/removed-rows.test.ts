// Nightly: the focus after a row of each list is removed
import { aWaitlistEntry } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { test } from './site-test.ts'

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent)

test('after a row is removed, the next row’s button has the focus, or the previous one’s, or the heading', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/people`)
  for (const name of ['ann', 'bob', 'cem']) {
    await page.getByRole('textbox', { name: 'E-mail' }).fill(`${name}@example.org`)
    await page.getByRole('button', { name: 'Create invitation' }).press('Enter')
    await page.getByRole('button', { name: `Revoke the invitation of ${name}@example.org` }).waitFor()
  }
  const emails = await page
    .getByRole('region', { name: 'Open invitations' })
    .locator('td:first-child bdi')
    .allTextContents()
  const [first = '', second = '', third = ''] = emails
  const buttonOf = (email: string) => `Revoke the invitation of ${email}`
  const revoke = async (email: string) => {
    await page.getByRole('button', { name: buttonOf(email) }).press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).press('Enter')
    await page.getByRole('button', { name: buttonOf(email) }).waitFor({ state: 'detached' })
  }
  await revoke(second)
  await expect.poll(() => focused(page)).toBe(buttonOf(third))
  await revoke(third)
  await expect.poll(() => focused(page)).toBe(buttonOf(first))
  await revoke(first)
  await expect.poll(() => focused(page)).toBe('Open invitations')
})

test('also where rows are cards, and where another list replaces them', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  const urls = ['https://one.example.org/', 'https://two.example.org/']
  for (const url of urls) {
    const path = { clinicId: scene.clinic.id }
    const { error } = await site.admin.createWebhook({ path, body: { url, events: ['booking.confirmed'] } })
    expect(error).toBeUndefined()
  }
  await page.goto(`/clinic/${scene.clinic.id}/webhooks`)
  const remove = page.getByRole('button', { name: /^Remove/ })
  await remove.nth(1).waitFor()
  const [kept = ''] = await remove.evaluateAll((all) => all.slice(1).map((one) => one.ariaLabel ?? ''))
  await remove.first().press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).press('Enter')
  await page.getByText('The webhook was removed.').waitFor()
  await expect.poll(() => focused(page)).toBe(kept)
  await remove.press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).press('Enter')
  await remove.waitFor({ state: 'detached' })
  await expect.poll(() => focused(page)).toBe('Webhooks')
})

test('an entry that is removed from the waitlist leaves the focus at the next one', async ({ site }) => {
  const scene = await aClinicScene(site)
  for (const name of ['Ann Early', 'Bob Later'])
    await aWaitlistEntry(site.database, scene.doctor, { patient: { name } })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/waitlist`)
  const removeOf = (name: string) => page.getByRole('button', { name: new RegExp(`^Remove.*${name}`) })
  await removeOf('Ann Early').press('Enter')
  // Leaving it as it is returns to the button.
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await removeOf('Ann Early').and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).press('Enter')
  await removeOf('Ann Early').waitFor({ state: 'detached' })
  await removeOf('Bob Later').and(page.locator(':focus')).waitFor()
})
