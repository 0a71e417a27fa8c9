import { aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('the desk chooses the language of messages when it books, and corrects it', async ({ site }) => {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor)
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book?doctorId=${scene.doctor.id}`)
  await page
    .locator('button[aria-pressed]')
    .or(page.getByRole('button', { name: 'Show that week' }))
    .first()
    .waitFor()
  const later = page.getByRole('button', { name: 'Show that week' })
  if (await later.isVisible()) await later.click()
  await page.locator('button[aria-pressed]').click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Grete Deutsch')
  const language = page.getByRole('combobox', { name: 'Language of messages' })
  expect(await language.locator('option').allTextContents()).toEqual([
    'The clinic’s language',
    'English',
    'Deutsch',
    'العربية',
  ])
  await language.selectOption('Deutsch')
  await page.getByRole('button', { name: /^Book \w/ }).click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
  const patient = async () => {
    const { rows } = await site.database.ownerPool.query(
      'select id, patient from holdfast.booking where slot_id = $1',
      [slot.id],
    )
    return rows[0]
  }
  const { id, patient: booked } = await patient()
  expect(booked).toEqual({ name: 'Grete Deutsch', language: 'de' })
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${id}`)
  await page.getByRole('button', { name: 'Correct patient details …' }).click()
  const dialog = page.getByRole('dialog', { name: 'Correct patient details' })
  expect(await axeFindings(page)).toEqual([])
  const corrected = dialog.getByRole('combobox', { name: 'Language of messages' })
  expect(await corrected.inputValue()).toBe('de')
  await corrected.selectOption('The clinic’s language')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect((await patient()).patient).toEqual({ name: 'Grete Deutsch' })
})
