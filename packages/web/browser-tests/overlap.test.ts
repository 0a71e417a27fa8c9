import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aDoctorWithTimes, aPractice, dataOf, placesLeft } from './a-practice.ts'
import { confirm, hold, openTimes, timeOf } from './booking-steps.ts'
import { signInContext } from './clinic-scene.ts'
import { administrator, axeFindings, type Site, signInPage, signUp } from './harness.ts'
import { test } from './site-test.ts'

/** Two doctors of one clinic with the same free times. */
async function twoDoctors(site: Site) {
  const practice = await aPractice(site)
  const other = await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Second' })
  return { practice, other: { clinic: practice.clinic, ...other } }
}

/** The question that names the other appointment. It has the focus, so that it is read aloud. */
const question = (page: Page, doctor: string) =>
  page.getByRole('group', { name: `an appointment with ⁨${doctor}⁩` }).and(page.locator(':focus'))

test('a patient is asked before a second appointment at the same time, and chooses another one', async ({ site }) => {
  const { practice, other } = await twoDoctors(site)
  const page = await site.newPage()
  await signInPage(page, await signUp(site.url, 'Ada Lovelace'), `/doctors/${practice.doctor.id}`)
  await hold(page, '9:00')
  await confirm(page, 'Ada Lovelace')
  await openTimes(page, other)
  await hold(page, '9:00')
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await question(page, practice.doctor.name).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Choose another time' }).click()
  await expect.poll(() => placesLeft(site, other, other.slots[0]?.id ?? '')).toBe(1)
  await hold(page, '9:15')
  await confirm(page, 'Ada Lovelace')
})

test('the desk is shown the other appointment, and books all the same', async ({ site }) => {
  const { practice, other } = await twoDoctors(site)
  const patient = { name: 'Grace Hopper' }
  const slotId = practice.slots[0]?.id ?? ''
  await site.admin.createBooking({ body: { slotId, patient, confirm: true, onBehalf: true } })
  const path = { clinicId: practice.clinic.id }
  await dataOf(site.admin.createPatient({ path, body: { ...patient, birthDate: '1980-05-03' } }))
  const page = await site.newPage()
  await signInContext(site, page, administrator)
  await page.goto(`/clinic/${practice.clinic.id}/book?doctorId=${other.doctor.id}`)
  if (Temporal.PlainDate.from((other.slots[0]?.startsAt ?? '').slice(0, 10)).dayOfWeek <= 2) {
    await page.getByRole('button', { name: 'Next week' }).click()
  }
  await timeOf(page, '9:00').click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(patient.name)
  await page.getByRole('button', { name: /^Book \w+ / }).click()
  await question(page, practice.doctor.name).waitFor()
  // Without contacts it may be somebody else.
  await page.getByText('A patient of this name already has an appointment').waitFor()
  expect(await axeFindings(page)).toEqual([])
  // The record of this name may be of another person, of whom nothing was asked.
  await page.getByRole('button', { name: /^Grace Hopper · / }).click()
  await page.getByRole('button', { name: 'Book anyway' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: /^Book \w+ / }).click()
  await page.getByRole('button', { name: 'Book anyway' }).click()
  await page.getByRole('button', { name: 'Book another appointment' }).waitFor()
  expect(await placesLeft(site, other, other.slots[0]?.id ?? '')).toBe(0)
})
