import { createHoldfastClient } from '@holdfast/contract/client'
import { aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aPractice, dataOf } from './a-practice.ts'
import { hold, openTimes } from './booking-steps.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

test('holds that were never confirmed are hidden at the desk until asked for, and have their own label', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const guest = createHoldfastClient({ baseUrl: site.url })
  const slots = [await aSlot(site.database, scene.doctor), await aSlot(site.database, scene.doctor)]
  const released = await dataOf(guest.createBooking({ body: { slotId: slots[0]?.id ?? '' } }))
  const patient = { name: 'Carla Confirmed' }
  await dataOf(guest.createBooking({ body: { slotId: slots[1]?.id ?? '', patient, confirm: true } }))
  await dataOf(guest.cancelBooking({ path: { bookingId: released.id }, auth: released.manageToken ?? '', body: {} }))
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/bookings`)
  await page.getByText('1 booking', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Carla Confirmed' }).waitFor()
  expect(await page.getByText('Hold released').count()).toBe(0)
  await page.getByLabel('Also holds that were never confirmed').check()
  await page.getByText('2 bookings', { exact: true }).waitFor()
  await page
    .getByRole('row')
    .filter({ hasText: /No name(?! yet)/ })
    .getByText('Hold released')
    .waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.setViewportSize({ width: 320, height: 640 })
  expect(await sidewaysPixels(page)).toBe(0)
  await page.setViewportSize({ width: 1280, height: 720 })

  await page.goto(`/clinic/${scene.clinic.id}`)
  const changes = page.getByRole('region', { name: 'Latest changes' })
  await changes.getByText('Confirmed').waitFor()
  expect(await changes.getByRole('row').count()).toBe(2)
  await changes.getByLabel('Show holds too').check()
  await changes.getByText('Hold released').waitFor()
  await page.getByText('Table', { exact: true }).click()
  const table = page.getByRole('region', { name: 'Bookings by day and status' })
  await table.getByRole('columnheader', { name: 'Never confirmed' }).waitFor()
  const cells = await table.locator('td[data-label="Never confirmed"]').allTextContents()
  expect(cells.filter((text) => text === '1')).toHaveLength(1)
  const cancelled = await table.locator('td[data-label="Cancelled"]').allTextContents()
  expect(new Set(cancelled)).toEqual(new Set(['0']))
})

test('a guest’s hold stores no name in any language until it is confirmed', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  const { rows } = await site.database.ownerPool.query('select patient from holdfast.booking where resource_id = $1', [
    practice.doctor.id,
  ])
  expect(rows).toEqual([{ patient: { name: '' } }])
})
