import { createHoldfastClient } from '@holdfast/contract/client'
import { aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene, signInContext } from './clinic-scene.ts'
import { axeFindings, type Site, signUp } from './harness.ts'
import { test as siteTest } from './site-test.ts'

const test = siteTest.extend('scene', { scope: 'file' }, ({ site }) => aClinicScene(site))

/** A confirmed booking whose slot began this long ago. */
async function aBegunBooking(site: Site, scene: ClinicScene, name: string, minutesAgo: number) {
  const slot = await aSlot(site.database, scene.doctor)
  const booking = await dataOf(
    createHoldfastClient({ baseUrl: site.url }).createBooking({
      body: { slotId: slot.id, patient: { name }, confirm: true },
    }),
  )
  await site.database.ownerPool.query(
    `update holdfast.slot set starts_at = now() - make_interval(mins => $2),
      ends_at = now() - make_interval(mins => $2 - 15)
      where id = $1`,
    [slot.id, minutesAgo],
  )
  return booking
}

test('staff reopen a booking, immediately or later; its history shows that, and that the patient linked it', async ({
  site,
  scene,
}) => {
  const booking = await aBegunBooking(site, scene, 'Rita Return', 10)
  const account = await signUp(site.url, 'Rita Return')
  const patient = await site.newPage()
  await signInContext(site, patient, account)
  await patient.goto(`/ticket#${booking.id}.${booking.manageToken}`)
  await patient.getByRole('button', { name: 'Add to my account' }).click()
  await patient.getByText('This appointment is in your account.', { exact: false }).waitFor()

  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  const facts = page.getByRole('region', { name: 'Booking', exact: true })
  await page.getByRole('button', { name: 'Rita Return: arrived' }).click()
  await facts.getByText('Arrived', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'Undo the last status change for Rita Return' }).click()
  await facts.getByText('Confirmed', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Rita Return: no-show' }).click()
  // The page shows the change before the server's response; only the message for screen readers says that it is saved.
  await page.getByText('Rita Return is marked as a no-show.').waitFor()
  await facts.getByText('No-show').waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Undo the last status change for Rita Return' }).click()
  await facts.getByText('Confirmed', { exact: true }).waitFor()
  const history = page.getByRole('region', { name: 'History' })
  await history.getByText('Reopened').nth(1).waitFor()
  const steps = await history.getByRole('listitem').locator('p:first-child').allTextContents()
  expect(steps).toEqual(['Confirmed', 'Added to an account', 'Arrived', 'Reopened', 'No-show', 'Reopened'])
  expect(await axeFindings(page)).toEqual([])
})

test('when somebody else has reopened it already, an error and the current state are shown', async ({
  site,
  scene,
}) => {
  const booking = await aBegunBooking(site, scene, 'Tom Twice', 40)
  await dataOf(site.admin.arriveBooking({ path: { bookingId: booking.id } }))
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  const facts = page.getByRole('region', { name: 'Booking', exact: true })
  await facts.getByText('Arrived', { exact: true }).first().waitFor()
  // The page doesn't read the change before the click.
  await page.route(`**/api/v1/bookings/${booking.id}/reopen`, async (route) => {
    await dataOf(site.admin.reopenBooking({ path: { bookingId: booking.id } }))
    await dataOf(site.admin.cancelBooking({ path: { bookingId: booking.id }, body: {} }))
    await route.continue()
  })
  await page.getByRole('button', { name: 'Undo the last status change for Tom Twice' }).click()
  await page.getByText('The appointment has changed in the meantime').waitFor()
  await facts.getByText('Cancelled', { exact: true }).waitFor()
})
