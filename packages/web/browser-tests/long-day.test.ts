// Nightly: a full day on wide and narrow screens
import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

test('phones show the first bookings of a full day, and more at each press; wide screens show all', async ({
  site,
}) => {
  const timeZone = noonZone()
  const scene = await aClinicScene(site, { timezone: timeZone })
  const midnight = Temporal.Now.zonedDateTimeISO(timeZone).startOfDay()
  for (let nth = 0; nth < 45; nth += 1) {
    const startsAt = new Date(midnight.add({ minutes: nth * 20 }).epochMilliseconds)
    const slot = await aSlot(site.database, scene.doctor, { startsAt, minutes: 20 })
    await aBooking(site.database, slot, { patient: { name: `Patient ${nth}` } })
  }
  const page = await scene.pageOf('staff', { viewport: { width: 390, height: 844 } })
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  const rows = page.locator('tbody tr:visible')
  await rows.first().waitFor()
  expect(await rows.count()).toBe(20)
  await page.getByRole('button', { name: 'Show more' }).press('Enter')
  expect(await rows.count()).toBe(40)
  await page.getByRole('link', { name: 'Patient 20' }).and(page.locator(':focus')).waitFor()
  expect(await sidewaysPixels(page)).toBe(0)

  // It is about noon: the next booking is among those that were not shown.
  await page.reload()
  await rows.first().waitFor()
  expect(await rows.count()).toBe(20)
  await page.getByRole('button', { name: 'Jump to now' }).press('Enter')
  await page.locator('tr:focus').waitFor()
  expect(await rows.count()).toBeGreaterThan(20)

  await page.setViewportSize({ width: 1280, height: 900 })
  expect(await rows.count()).toBe(45)
  expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0)
})
