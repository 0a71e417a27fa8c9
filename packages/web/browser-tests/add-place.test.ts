import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('the desk shows full slots, and books in one that gets a place', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor)
  await aBooking(site.database, slot)
  // The doctor is busy elsewhere: no place can be added.
  const blocked = await aSlot(site.database, scene.doctor, { startsAt: new Date(slot.startsAt.getTime() + 3_600_000) })
  await site.database.ownerPool.query('update holdfast.slot set blocked_at = now() where id = $1', [blocked.id])
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book?doctorId=${scene.doctor.id}`)
  await page.getByRole('checkbox', { name: 'Show full slots, too' }).check()
  const full = page.getByRole('button', { name: /\(full\)/ })
  const later = page.getByRole('button', { name: 'Show that week' })
  await full.or(later).first().waitFor()
  if (await later.isVisible()) await later.click()
  await full.waitFor()
  expect(await full.count()).toBe(1)
  await full.click()
  await page.getByText('The missing ones are added for this patient').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Emma Emergency')
  await page.getByRole('button', { name: /^Add one place and book/ }).click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
  const { rows } = await site.database.ownerPool.query('select capacity, taken from holdfast.slot where id = $1', [
    slot.id,
  ])
  expect(rows).toEqual([{ capacity: 2, taken: 2 }])
})

test('the desk moves a booking into a full slot, which gets a place', async ({ site }) => {
  const scene = await aClinicScene(site)
  const from = await aSlot(site.database, scene.doctor)
  const to = await aSlot(site.database, scene.doctor, { startsAt: new Date(from.startsAt.getTime() + 3_600_000) })
  await aBooking(site.database, to)
  const { id: bookingId } = await aBooking(site.database, from)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${bookingId}?move=true`)
  const dialog = page.getByRole('dialog', { name: 'Move to another time' })
  await dialog.getByRole('checkbox', { name: 'Show full slots, too' }).check()
  const full = dialog.getByRole('button', { name: /\(full\)/ })
  await full.first().waitFor()
  // Not the one in which the booking is.
  expect(await full.count()).toBe(1)
  await full.click()
  await dialog.getByText('The missing ones are added for this patient').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: /^Add one place and move to/ }).click()
  await page.getByText(/^Moved to/).waitFor()
  const { rows } = await site.database.ownerPool.query(
    'select capacity, taken from holdfast.slot where id = any ($1) order by starts_at',
    [[from.id, to.id]],
  )
  expect(rows).toEqual([
    { capacity: 1, taken: 0 },
    { capacity: 2, taken: 2 },
  ])
})

test('a time that has just gone can be moved to by adding a place', async ({ site }) => {
  const scene = await aClinicScene(site)
  const from = await aSlot(site.database, scene.doctor)
  const to = await aSlot(site.database, scene.doctor, { startsAt: new Date(from.startsAt.getTime() + 3_600_000) })
  const { id: bookingId } = await aBooking(site.database, from)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${bookingId}?move=true`)
  const dialog = page.getByRole('dialog', { name: 'Move to another time' })
  await dialog.locator('button[aria-pressed]').click()
  const move = dialog.getByRole('button', { name: /^Move to/ })
  await move.waitFor()
  // Written without the engine, so that the page is not notified.
  await aBooking(site.database, to)
  await move.click()
  await dialog.getByRole('button', { name: /^Add one place and move to/ }).click()
  await page.getByText(/^Moved to/).waitFor()
})
