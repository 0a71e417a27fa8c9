// Nightly: the rows of a day in all languages
import { randomUUID } from 'node:crypto'
import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, type ClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

/** About noon there: a visit that has begun, one that has not and whose patient comes, and one who has arrived. */
async function aDayOfVisits(site: Site): Promise<ClinicScene> {
  const timeZone = noonZone()
  const scene = await aClinicScene(site, { timezone: timeZone })
  const midnight = Temporal.Now.zonedDateTimeISO(timeZone).startOfDay()
  const at = (hour: number) => new Date(midnight.add({ hours: hour }).epochMilliseconds)
  // A phone number and a reason take the room of the buttons.
  const visit = { reason: 'Follow-up of the operation in spring' }
  const patient = (name: string) => ({ name, phone: '+44 1632 960 210' })
  const slotAt = (hour: number) => aSlot(site.database, scene.doctor, { startsAt: at(hour), minutes: 20 })
  await aBooking(site.database, await slotAt(8), { ...visit, patient: patient('Ana Arrived'), status: 'ARRIVED' })
  await aBooking(site.database, await slotAt(9), { ...visit, patient: patient('Lara Late') })
  const slot = await slotAt(20)
  const { id } = await aBooking(site.database, slot, { ...visit, patient: patient('Carl Coming') })
  await site.database.appPool.query('select * from holdfast.confirm_attendance($1, $2, $3, null, $4)', [
    slot.clinicNo,
    id,
    slot.id,
    randomUUID(),
  ])
  return scene
}

/** The height of the highest row with three lines of text, in pixels; two lines of buttons are higher. */
const rowPixelsMax = 90

test.for(['en-GB', 'de-DE', 'ar'])(
  'in %s each booking of the day has its buttons in one line',
  async (locale, { site }) => {
    const scene = await aDayOfVisits(site)
    const page = await scene.pageOf('staff', { locale })
    await page.goto(`/clinic/${scene.clinic.id}/day`)
    const rows = page.locator('tbody tr:visible')
    await expect.poll(() => rows.count()).toBe(3)
    const heights = await rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height))
    for (const height of heights) expect(height).toBeLessThan(rowPixelsMax)
    expect(await sidewaysPixels(page)).toBe(0)
    const bar = page.locator('[data-day-move]').or(page.locator('main input[inputmode="numeric"]'))
    const boxes = await bar.evaluateAll((all) => all.map((one) => one.getBoundingClientRect()))
    expect(new Set(boxes.map(({ top, height }) => `${top} ${height}`)).size).toBe(1)
  },
)

test('what undoes a mark is one button of the row, without a menu or a message that covers other patients', async ({
  site,
}) => {
  const scene = await aDayOfVisits(site)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  await page.getByRole('button', { name: 'Ana Arrived: completed' }).click()
  const undo = page.getByRole('button', { name: 'Undo the last status change for Ana Arrived' })
  await undo.and(page.locator(':focus')).waitFor()
  // This text is for screen readers; all else is visible in the row.
  await page.getByRole('status').filter({ hasText: 'Ana Arrived’s appointment is completed.' }).waitFor()
  expect(await page.getByRole('status').getByRole('button').count()).toBe(0)
  expect(await coveredNames(page)).toEqual([])
  expect(await axeFindings(page)).toEqual([])

  await page.getByRole('button', { name: 'Undo “Confirmed by phone” for Carl Coming' }).press('Enter')
  await page.getByRole('button', { name: 'Carl Coming: arrived' }).and(page.locator(':focus')).waitFor()
  await page.getByRole('button', { name: 'Carl Coming: confirmed by phone' }).waitFor()
  expect(await page.locator('tbody [aria-haspopup]').count()).toBe(0)
})

/** Names of patients that something lies over. */
function coveredNames(page: Page): Promise<string[]> {
  return page.locator('tbody tr td:nth-child(2) a').evaluateAll((links) =>
    links
      .filter((link) => {
        const { left, top, width, height } = link.getBoundingClientRect()
        const onTop = document.elementFromPoint(left + width / 2, top + height / 2)
        return onTop !== null && !link.contains(onTop)
      })
      .map((link) => link.textContent ?? ''),
  )
}
