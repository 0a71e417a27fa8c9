import { randomUUID } from 'node:crypto'
import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, untilRead } from './harness.ts'
import { test } from './site-test.ts'

test('who has lost the appointment is booked again, from its page and from the list of a withdrawal', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const patient = { name: `Lost ${randomUUID()}`, phone: '+44 1632 960471', email: 'lost@example.org' }
  const slot = await aSlot(site.database, scene.doctor)
  const booking = await aBooking(site.database, slot, { patient })
  const page = await scene.pageOf('staff')
  const day = slot.startsAt.toISOString().slice(0, 10)
  await page.goto(`/clinic/${scene.clinic.id}/times?doctorId=${scene.doctor.id}&withdrawFrom=${day}&withdrawTo=${day}`)
  const panel = page.getByRole('region', { name: 'Withdraw slots' })
  await panel.getByRole('button', { name: /^Withdraw \d+ slot/ }).click()
  const opened = page.context().waitForEvent('page')
  await panel.getByRole('link', { name: `Book another time for ${patient.name}, in another tab` }).click()
  const form = await opened
  const textOf = (name: string) => form.getByRole('textbox', { name, exact: true }).inputValue()
  expect(await textOf('Name')).toBe(patient.name)
  expect([await textOf('Phone'), await textOf('E-mail')]).toEqual([patient.phone, patient.email])
  await panel.getByText(patient.name).waitFor()
  const free = await aSlot(site.database, scene.doctor, { startsAt: new Date(slot.startsAt.getTime() + 86_400_000) })
  const again = await aBooking(site.database, free, { patient })
  const since = panel.getByRole('link', { name: /^Booked since: .+, in another tab$/ })
  await since.waitFor()
  expect(await since.getAttribute('href')).toContain(again.id)
  expect(await panel.getByRole('link', { name: /^Book another time/ }).count()).toBe(0)
  await page.goto(`/clinic/${scene.clinic.id}/bookings`)
  await page.getByRole('searchbox').fill(patient.name)
  const row = page.getByRole('row').filter({ hasText: 'Withdrawn by the clinic' })
  await row.getByRole('link', { name: /^Booked since: / }).waitFor()
  // The rows of before are paler while the search is read.
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])

  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  const history = page.getByRole('region', { name: 'History' })
  await history.getByText('Withdrawn by the clinic').waitFor()
  await page.getByText('What happened').waitFor()
  expect(await page.getByText(/not booked/i).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('link', { name: 'Book another time' }).click()
  const name = page.getByRole('textbox', { name: 'Name', exact: true })
  await name.waitFor()
  expect(await name.inputValue()).toBe(patient.name)
  await page.getByRole('link', { name: 'Book for a patient' }).first().click()
  await expect.poll(() => name.inputValue()).toBe('')
})

test('another time is for as many places, in the language of the patient, and what they have already is named', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const name = `Party ${randomUUID()}`
  const patient = { name, email: 'party@example.org', language: 'ar' as const }
  const lost = await aSlot(site.database, scene.doctor, { capacity: 3 })
  const startsAt = new Date(lost.startsAt.getTime() + 3_600_000)
  const free = await aSlot(site.database, scene.doctor, { capacity: 3, startsAt })
  const booking = await aBooking(site.database, lost, { patient, units: 3, status: 'CANCELLED' })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book?doctorId=${scene.doctor.id}&forBooking=${booking.id}`)
  await page.getByText('3 places').waitFor()
  const later = page.getByRole('button', { name: 'Show that week' })
  const time = page.locator(`section ul button`).last()
  await time.or(later).first().waitFor()
  if (await later.isVisible()) await later.click()
  await time.click()
  await page
    .getByRole('button', { name: /^Book / })
    .last()
    .click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
  const { rows } = await site.database.ownerPool.query(
    `select slot_id, units, patient->>'language' as language from holdfast.booking
      where clinic_no = $1 and status = 'CONFIRMED' and patient->>'name' = $2`,
    [scene.clinic.no, name],
  )
  expect(rows).toEqual([{ slot_id: expect.any(String), units: 3, language: 'ar' }])
  expect([lost.id, free.id]).toContain(rows[0].slot_id)
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  await page.getByText('already has an appointment').waitFor()
  expect(await axeFindings(page)).toEqual([])
})
