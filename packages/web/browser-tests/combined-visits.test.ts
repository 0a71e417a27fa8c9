import type { NewVisitType } from '@holdfast/contract/client'
import { aDoctor, aSession, aVisitType } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aVisitPractice } from './a-visit-practice.ts'
import { confirm, hold, timeOf } from './booking-steps.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, rateLimited, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

const gbp = (amount: number) => ({ amount, currency: 'GBP' })
const wanted: NewVisitType[] = [
  { name: 'Check-up', minutes: 40, fee: gbp(6_000), combinable: true, position: 1 },
  { name: 'Vaccination', names: { de: 'Impfung' }, minutes: 20, fee: gbp(2_500), combinable: true, position: 2 },
  { name: 'By video', minutes: 10, appointmentTypes: ['video'], combinable: true, position: 3 },
  { name: 'Minor surgery', minutes: 60, position: 4 },
]

test('a patient books several services in one appointment, with the sum of their minutes and fees', async ({
  site,
}) => {
  const { doctor, visitTypes } = await aVisitPractice(site, wanted, { appointmentTypes: ['in_person', 'video'] })
  const page = await site.newPage()
  await page.goto(`/doctors/${doctor.id}?visitType=${visitTypes[3]?.id}`)
  await timeOf(page, '13:00').waitFor()
  expect(await page.getByText('Add another service').count()).toBe(0)
  await page.goto(`/doctors/${doctor.id}?visitType=${visitTypes[0]?.id}`)
  await timeOf(page, '14:20').waitFor()
  const add = page.getByText('Add another service')
  await add.click()
  expect(await page.getByRole('button', { name: /Minor surgery/ }).count()).toBe(0)
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  // What cannot be one appointment is refused, and the choice stays.
  await page.getByRole('button', { name: /By video/ }).click()
  await page.getByRole('alert').getByText('These cannot be booked as one appointment').waitFor()
  await page.getByRole('heading', { name: 'Check-up', exact: true }).waitFor()
  await page.getByRole('button', { name: /^Vaccination · 20 minutes · £25/ }).click()
  await page.getByRole('heading', { name: 'Check-up + Vaccination' }).and(page.locator(':focus')).waitFor()
  for (const text of ['1 hour', '£85']) await page.getByText(text, { exact: true }).first().waitFor()
  await timeOf(page, '14:00').waitFor()
  // An hour does not fit any more.
  expect(await timeOf(page, '14:10').count()).toBe(0)
  await page.setViewportSize({ width: 390, height: 844 })
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  // The link leads to it again. A part that is left out can be added anew.
  await page.reload()
  await page.getByRole('button', { name: /^Remove .*Vaccination/ }).click()
  await page.getByRole('heading', { name: 'Check-up', exact: true }).and(page.locator(':focus')).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Check-up + Vaccination' }).waitFor()
  await hold(page, '13:10')
  await confirm(page, 'Ada Lovelace')
  const ticket = page.getByRole('article')
  for (const text of ['Check-up + Vaccination', '£85']) await ticket.getByText(text).waitFor()
})

test('without an answer of the server, another service is added with the next try', async ({ site }) => {
  const { doctor, visitTypes, clinic } = await aVisitPractice(site, wanted)
  const page = await site.newPage({ locale: 'de-DE' })
  await page.goto(`/doctors/${doctor.id}?visitType=${visitTypes[0]?.id}`)
  const combine = (url: URL) => url.pathname.endsWith('/visit-types/combinations')
  await page.route(combine, (route) => route.fulfill(rateLimited), { times: 1 })
  await page.getByText('Weitere Leistung hinzufügen').click()
  await page.getByRole('button', { name: /^Impfung/ }).click()
  await page.getByRole('alert').getByRole('button').click()
  await page.getByRole('heading', { name: 'Check-up + Impfung' }).waitFor()
  // A link to what is not offered together any more leads to the list.
  const path = { clinicId: clinic.id, visitTypeId: visitTypes[1]?.id ?? '' }
  await dataOf(site.admin.updateVisitType({ path, body: { combinable: false } }))
  await page.reload()
  await page.getByRole('heading', { name: 'Worum geht es?' }).waitFor()
  await page.getByText('Dieser Termin ist hier nicht mehr buchbar').waitFor()
})

test('the desk books several services in one appointment, and Today names them', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const { clinic, doctor } = scene
  await aDoctor(site.database, clinic, { name: 'Dr Bo Berg' })
  await aVisitType(site.database, clinic, { name: 'Check-up', minutes: 30, combinable: true })
  await aVisitType(site.database, clinic, { name: 'Vaccination', minutes: 10, combinable: true, bookableBy: 'desk' })
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 5 * 60_000)
  await aSession(site.database, doctor, { startsAt, minutes: 120, gridMinutes: 60 })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${clinic.id}/book?doctorId=${doctor.id}`)
  const field = page.getByLabel('Visit type')
  await field.selectOption({ label: 'Check-up · 30 minutes' })
  await page.getByText('Add another service').click()
  await page.getByRole('button', { name: /^Vaccination/ }).click()
  await page.getByRole('region', { name: 'In this appointment' }).and(page.locator(':focus')).waitFor()
  expect(await field.locator('option:checked').textContent()).toBe('Check-up + Vaccination · 40 minutes')
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await page.locator('[data-weeks] button[aria-pressed]').first().click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Walter Walk-in')
  await page.getByRole('button', { name: /^Book / }).click()
  await page.getByRole('heading', { name: 'Booked' }).waitFor()
  await page.getByRole('status').getByText('Check-up + Vaccination').waitFor()
  await page.goto(`/clinic/${clinic.id}/day`)
  await page.getByRole('row').filter({ hasText: 'Walter Walk-in' }).getByText('Check-up + Vaccination').waitFor()
})
