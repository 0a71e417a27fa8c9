import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page, Route } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import type { Site } from './harness.ts'
import { test } from './site-test.ts'

/** A booking in the first of some slots, an hour apart, and its page with the dialog in which it is moved. */
async function aMoveDialog(site: Site, slotCount: number) {
  const scene = await aClinicScene(site)
  const first = await aSlot(site.database, scene.doctor)
  const slotIds = [first.id]
  for (let hours = 1; hours < slotCount; hours += 1) {
    const startsAt = new Date(first.startsAt.getTime() + hours * 3_600_000)
    slotIds.push((await aSlot(site.database, scene.doctor, { startsAt })).id)
  }
  const { id: bookingId } = await aBooking(site.database, first)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${bookingId}?move=true`)
  const dialog = page.getByRole('dialog', { name: 'Move to another time' })
  const move = dialog.getByRole('button', { name: /^Move to/ })
  const slotNow = async () => {
    const { rows } = await site.database.ownerPool.query('select slot_id from holdfast.booking where id = $1', [
      bookingId,
    ])
    return rows[0].slot_id as string
  }
  return { page, dialog, move, bookingId, slotIds, slotNow }
}

const reschedules = '**/api/v1/bookings/*/reschedule'

async function undo(page: Page): Promise<void> {
  // Under the pointer, the message does not end.
  await page.getByText(/^Moved to/).hover()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Moved back.').waitFor()
}

test('after a move whose response a proxy replaced, it is repeated, and undone to where the booking was', async ({
  site,
}) => {
  const { page, dialog, move, slotIds, slotNow } = await aMoveDialog(site, 2)
  const timeOut = async (route: Route) => {
    await route.fetch()
    await route.fulfill({ status: 504, contentType: 'text/html', body: '<h1>504 Gateway Time-out</h1>' })
  }
  await page.route(reschedules, timeOut, { times: 1 })
  await dialog.locator('button[aria-pressed]').click()
  await move.click()
  await dialog.getByRole('alert').waitFor()
  expect(await slotNow()).toBe(slotIds[1])
  await move.click()
  await undo(page)
  expect(await slotNow()).toBe(slotIds[0])
})

test('after a move whose response was lost, and another that failed, it is undone to where the booking was', async ({
  site,
}) => {
  const { page, dialog, move, slotIds, slotNow } = await aMoveDialog(site, 3)
  let attempts = 0
  const lose = async (route: Route) => {
    attempts += 1
    if (attempts === 1) await route.fetch()
    await route.abort()
  }
  await page.route(reschedules, lose, { times: 2 })
  await dialog.locator('button[aria-pressed]').first().click()
  await move.click()
  await dialog.getByRole('alert').waitFor()
  expect(await slotNow()).toBe(slotIds[1])
  await dialog.locator('button[aria-pressed]').last().click()
  await move.click()
  await expect.poll(() => attempts).toBe(2)
  await dialog.getByRole('alert').waitFor()
  expect(await slotNow()).toBe(slotIds[1])
  await move.click()
  await undo(page)
  expect(await slotNow()).toBe(slotIds[0])
})

test('after a move that did not arrive, the undo of the next one leads to where others moved it meanwhile', async ({
  site,
}) => {
  const { page, dialog, move, bookingId, slotIds, slotNow } = await aMoveDialog(site, 3)
  const fail = async (route: Route) => {
    const body = { slotId: slotIds[1] ?? '' }
    expect((await site.admin.rescheduleBooking({ path: { bookingId }, body })).error).toBeUndefined()
    await route.abort()
  }
  await page.route(reschedules, fail, { times: 1 })
  await dialog.locator('button[aria-pressed]').last().click()
  await move.click()
  await dialog.getByRole('alert').waitFor()
  await move.click()
  await undo(page)
  expect(await slotNow()).toBe(slotIds[1])
})
