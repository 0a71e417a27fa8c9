// Nightly: all buttons of a ticket
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { confirm, hold, openTimes } from './booking-steps.ts'
import { axeFindings, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent)

/** The names of the visible buttons beside this one, in their order, and which of them stand out. */
async function shownBeside(button: Locator) {
  const all = await button.evaluate((one) =>
    [...(one.parentElement?.querySelectorAll<HTMLElement>('a, button') ?? [])]
      .filter((other) => other.checkVisibility())
      .map((other) => ({ name: other.textContent, isPrimary: other.dataset.variant === 'filled' })),
  )
  return { names: all.map(({ name }) => name), primary: all.filter((one) => one.isPrimary).map(({ name }) => name) }
}

test('a ticket has a main button, “Copy link”, “Move” and “Cancel”, the rest behind “More”, by keyboard too', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  const more = page.getByRole('button', { name: 'More', exact: true, expanded: false })
  const visible = ['Add to calendar', 'Copy link', 'Move to another time', 'Cancel appointment', 'More']
  expect(await shownBeside(more)).toEqual({ names: visible, primary: ['Add to calendar'] })

  await page.getByRole('button', { name: 'Add to calendar' }).focus()
  for (const next of visible.slice(1)) {
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe(next)
  }
  await page.keyboard.press('Enter')
  const less = page.getByRole('button', { name: 'More', exact: true, expanded: true })
  await less.waitFor()
  for (const next of ['Print', 'Replace link', 'Keep on this device', 'Close this ticket']) {
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe(next)
  }
  expect(await axeFindings(page)).toEqual([])
  // A dialog returns the focus to its button, which is still there.
  const replace = page.getByRole('button', { name: 'Replace link' })
  await replace.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await replace.and(page.locator(':focus')).waitFor()
  await less.press('Space')
  await replace.waitFor({ state: 'hidden' })
  await more.and(page.locator(':focus')).waitFor()

  await page.setViewportSize({ width: 320, height: 640 })
  expect(await sidewaysPixels(page)).toBe(0)
  const primary = await page.getByRole('button', { name: 'Add to calendar' }).boundingBox()
  expect(primary?.width).toBeGreaterThan(260)
})
