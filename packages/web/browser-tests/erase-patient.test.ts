// Guarantee: an erased patient is not shown any more
import { createHoldfastClient } from '@holdfast/contract/client'
import { aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { axeFindings, type Site } from './harness.ts'
import { test as siteTest } from './site-test.ts'

const test = siteTest.extend('scene', { scope: 'file' }, ({ site }) => aClinicScene(site))

const patient = { name: 'Rita Return', email: 'rita@example.org' }

/** A confirmed booking whose slot is over. */
async function aPastBooking(site: Site, scene: ClinicScene, minutesAgo: number) {
  const slot = await aSlot(site.database, scene.doctor)
  const body = { slotId: slot.id, patient, confirm: true }
  const { id } = await dataOf(createHoldfastClient({ baseUrl: site.url }).createBooking({ body }))
  await site.database.ownerPool.query(
    `update holdfast.slot set starts_at = now() - make_interval(mins => $2),
       ends_at = now() - make_interval(mins => $2 - 15) where id = $1`,
    [slot.id, minutesAgo],
  )
  return `/clinic/${scene.clinic.id}/bookings/${id}`
}

test('an admin erases a patient from one booking, or from all with the e-mail address; staff cannot', async ({
  site,
  scene,
}) => {
  const paths = [await aPastBooking(site, scene, 60), await aPastBooking(site, scene, 90)]
  const [first = '', second = ''] = paths
  const later = await aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() + 100 * 86_400_000) })
  await dataOf(site.admin.createBooking({ body: { slotId: later.id, patient, confirm: true, onBehalf: true } }))
  const staff = await scene.pageOf('staff')
  await staff.goto(first)
  await staff.getByRole('heading', { name: patient.name }).waitFor()
  expect(await staff.getByRole('button', { name: 'Erase patient' }).count()).toBe(0)

  const page = await scene.pageOf('admin')
  await page.goto(first)
  await page.getByRole('button', { name: 'Erase patient data …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('removed from this booking for good', { exact: false }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Erase data' }).click()
  await dialog.getByText('The patient’s data was erased.').waitFor()
  await dialog.getByRole('heading', { name: 'Patient data erased' }).and(page.locator(':focus')).waitFor()
  await dialog.locator('p, div').getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('heading', { name: 'Erased patient' }).waitFor()
  await page.getByRole('region', { name: 'History' }).getByText('Patient erased').waitFor()
  await dialog.waitFor({ state: 'hidden' })
  expect(await page.getByText(patient.email).count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Erase patient' }).count()).toBe(0)

  await page.goto(second)
  await page.getByRole('button', { name: 'Erase patient data …' }).click()
  await dialog.getByRole('checkbox', { name: `e-mail address ${patient.email}` }).check()
  await dialog.getByRole('button', { name: 'Erase data' }).click()
  await dialog.getByText('The patient’s data was erased from one booking.').waitFor()
  // A booking to come keeps its data, and the link leads to it, though it is further away than the list's usual days.
  await dialog.getByText('One booking that is not over keeps its data').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('link', { name: 'Show these bookings' }).click()
  await page.getByRole('heading', { level: 1, name: 'Bookings' }).waitFor()
  await page.getByText('1 booking', { exact: true }).waitFor()
  await page.getByRole('row').filter({ hasText: patient.email }).waitFor()
  expect(decodeURIComponent(page.url())).not.toContain(patient.email)
})
