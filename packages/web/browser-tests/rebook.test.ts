import { randomUUID } from 'node:crypto'
import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
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
