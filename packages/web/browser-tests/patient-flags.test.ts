import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

test('the day shows what has to be provided for a patient, also after a mark and on paper', async ({ site }) => {
  const timeZone = noonZone()
  const scene = await aClinicScene(site, { timezone: timeZone })
  const path = { clinicId: scene.clinic.id }
  const begun = new Date(Temporal.Now.zonedDateTimeISO(timeZone).startOfDay().add({ hours: 9 }).epochMilliseconds)
  const slot = await aSlot(site.database, scene.doctor, { startsAt: begun, minutes: 20 })
  const { id: bookingId } = await aBooking(site.database, slot, { patient: { name: 'Ada Byron' } })
  const flags = ['Interpreter', 'Wheelchair']
  const record = await dataOf(site.admin.createPatient({ path, body: { name: 'Ada Byron', flags } }))
  await site.admin.linkBookingToPatient({ path: { ...path, bookingId }, body: { patientId: record.id } })
  for (const who of ['staff', 'doctor'] as const) {
    const page = await scene.pageOf(who)
    await page.goto(who === 'staff' ? `/clinic/${scene.clinic.id}/day` : '/my-day')
    const row = page.getByRole('row').filter({ hasText: 'Ada Byron' })
    for (const flag of flags) await row.getByText(flag, { exact: true }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    if (who === 'doctor') continue
    await row.getByRole('button', { name: 'Ada Byron: arrived' }).click()
    await page.getByRole('button', { name: /^Undo the last status change/ }).waitFor()
    for (const flag of flags) expect(await row.getByText(flag, { exact: true }).isVisible()).toBe(true)
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await sidewaysPixels(page)).toBe(0)
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
    await page.emulateMedia({ media: 'print' })
    const sheet = page.locator('.print-only tbody tr').filter({ hasText: 'Ada Byron' })
    for (const flag of flags) expect(await sheet.getByText(flag, { exact: true }).isVisible()).toBe(true)
  }
})
