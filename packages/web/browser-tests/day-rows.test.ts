import { randomUUID } from 'node:crypto'
import { aBooking, aSlot } from '@holdfast/testkit'
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

/** Of the highest row, in pixels, with three lines of text; two lines of buttons are higher. */
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
  },
)

test('what undoes a mark is behind a button of the row, by keyboard too; the focus stays in the row', async ({
  site,
}) => {
  const scene = await aDayOfVisits(site)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  const more = page.getByRole('button', { name: 'More actions for Carl Coming' })
  await more.press('Enter')
  const undo = page.getByRole('dialog').getByRole('button', { name: 'Undo “Confirmed by phone”' })
  await undo.and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Escape')
  await more.and(page.locator(':focus')).waitFor()
  await more.press('Enter')
  await undo.press('Enter')
  await page.getByText('Carl Coming is no longer noted as coming.').waitFor()
  await page.getByRole('button', { name: 'Carl Coming: arrived' }).and(page.locator(':focus')).waitFor()
  await page.getByRole('button', { name: 'Carl Coming: confirmed by phone' }).waitFor()
  // An only button is shown itself.
  await page.getByRole('button', { name: 'Ana Arrived: completed' }).click()
  await page.getByRole('button', { name: 'Undo the last status change for Ana Arrived' }).waitFor()
  await page.getByRole('button', { name: 'More actions for Ana Arrived' }).waitFor({ state: 'detached' })
})
