// Nightly: a doctor's full day on wide and narrow screens
import { aBooking, aSlot } from '@holdfast/testkit'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

/** So many in a row, from midnight. */
const visitsOfDay = 45

test('phones show the first bookings of a full day, and more at each press; wide screens show all', async ({
  site,
}) => {
  const { page, day } = await aFullDay(site, 1)
  await page.goto(`/my-day?day=${day}`)
  const rows = page.locator('tbody tr:visible')
  await rows.first().waitFor()
  expect(await rows.count()).toBe(20)
  await page.getByRole('button', { name: 'Show more' }).press('Enter')
  expect(await rows.count()).toBe(40)
  await page
    .getByRole('button', { name: /^Patient 20: / })
    .and(page.locator(':focus'))
    .waitFor()
  expect(await sidewaysPixels(page)).toBe(0)

  await page.setViewportSize({ width: 1280, height: 900 })
  expect(await rows.count()).toBe(visitsOfDay)
  expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0)
})

test('today’s list opens at the first visit that is not over, and leads back there', async ({ site }) => {
  const { page } = await aFullDay(site, 0)
  await page.goto('/my-day')
  const now = page.locator('tbody tr[tabindex="-1"]')
  await now.waitFor()
  await expect.poll(() => isInSight(page, now)).toBe(true)
  await page.evaluate(() => window.scrollTo(0, 0))
  await page.getByRole('button', { name: 'Jump to now' }).press('Enter')
  await page.locator('tr:focus').waitFor()
  expect(await isInSight(page, now)).toBe(true)
})

async function aFullDay(site: Site, daysFromToday: number) {
  const timeZone = noonZone()
  const scene = await aClinicScene(site, { timezone: timeZone })
  const midnight = Temporal.Now.zonedDateTimeISO(timeZone).startOfDay().add({ days: daysFromToday })
  for (let nth = 0; nth < visitsOfDay; nth += 1) {
    const startsAt = new Date(midnight.add({ minutes: nth * 20 }).epochMilliseconds)
    const slot = await aSlot(site.database, scene.doctor, { startsAt, minutes: 20 })
    await aBooking(site.database, slot, { patient: { name: `Patient ${nth}` } })
  }
  const page = await scene.pageOf('doctor', { viewport: { width: 390, height: 844 } })
  return { page, day: midnight.toPlainDate().toString() }
}

async function isInSight(page: Page, row: Locator): Promise<boolean> {
  const [box, height] = [await row.boundingBox(), page.viewportSize()?.height ?? 0]
  return box !== null && box.y >= 0 && box.y + box.height <= height
}
