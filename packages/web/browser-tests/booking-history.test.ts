import type { BookingHistory } from '@holdfast/contract/client'
import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { test } from './site-test.ts'

test('what no account did was done by the patient only if patients can do it', async ({ site }) => {
  const scene = await aClinicScene(site)
  const booking = await aBooking(site.database, await aSlot(site.database, scene.doctor))
  const page = await scene.pageOf('staff')
  // The event has no account, as after an import.
  await page.route(`**/api/v1/bookings/${booking.id}/events`, async (route) => {
    const response = await route.fetch()
    const { items }: BookingHistory = await response.json()
    const last = items.at(-1)
    if (last === undefined) throw new Error('The booking has no history.')
    const noShow = { ...last, event: { ...last.event, type: 'no_show', version: last.event.version + 1 } }
    await route.fulfill({ response, json: { items: [...items, noShow] } })
  })
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  const entries = page.getByRole('region', { name: 'History' }).getByRole('listitem')
  await entries.filter({ hasText: 'No-show' }).waitFor()
  expect(await entries.filter({ hasText: 'No-show' }).getByText('by the patient').count()).toBe(0)
  expect(await entries.filter({ hasText: 'Confirmed' }).getByText('by the patient').count()).toBe(1)
})
