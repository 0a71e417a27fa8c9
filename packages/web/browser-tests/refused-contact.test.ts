// Nightly: each form with an address or a telephone number
import { aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { hold, openTimes } from './booking-steps.ts'
import { aClinicScene } from './clinic-scene.ts'
import { test } from './site-test.ts'

/** What the server refuses, and a glance does not show. */
const mistyped = ['anna@gmx', 'anna@gmx..de', 'anna@gmx.de.', 'anna,m@gmx.de', 'müller@praxis.de']
const emailText = 'This doesn’t look like an e-mail address.'
const phoneText = 'This doesn’t look like a phone number.'

/** The server refuses this field of the patient, as one with another rule than the page's would. */
async function refuse(page: Page, address: RegExp, field: 'email' | 'phone'): Promise<void> {
  await page.route(address, (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    const code = 'invalid_request'
    const errors = [{ path: `/patient/${field}`, message: 'is refused' }]
    const problem = { type: `urn:holdfast:problem:${code}`, title: '', status: 400, detail: '', code, errors }
    return route.fulfill({ status: 400, contentType: 'application/problem+json', body: JSON.stringify(problem) })
  })
}

/** The field is marked and focused, and nothing else says what is wrong. */
async function expectMarked(page: Page, label: string, text: string): Promise<void> {
  await page.getByText(text).waitFor()
  const field = page.getByRole('textbox', { name: label, exact: true })
  await field.and(page.locator(':focus')).waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByRole('alert').count()).toBe(0)
}

test('the booking form marks a mistyped address, and the field that the server refuses', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await page.getByLabel('Full name').fill('Anna')
  const confirm = page.getByRole('button', { name: 'Confirm appointment' })
  for (const address of mistyped) {
    await page.getByLabel('E-mail').fill(address)
    await confirm.click()
    await expectMarked(page, 'E-mail', emailText)
    await page.getByLabel('E-mail').fill('anna@example.org')
    await page.getByText(emailText).waitFor({ state: 'detached' })
  }
  await refuse(page, /\/confirm$/, 'email')
  await confirm.click()
  await expectMarked(page, 'E-mail', emailText)
  await page.unroute(/\/confirm$/)
  await page.getByLabel('E-mail').fill('anna@example.com')
  await page.getByText(emailText).waitFor({ state: 'detached' })
  await page.getByLabel('Phone').fill('abc')
  await confirm.click()
  await expectMarked(page, 'Phone', phoneText)
  await page.getByLabel('Phone').fill('+49 30 1234')
  await page.getByText(phoneText).waitFor({ state: 'detached' })
  await confirm.click()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('the waitlist’s form marks a mistyped address, and the field that the server refuses', async ({ site }) => {
  const { doctor } = await aPractice(site)
  const page = await site.newPage()
  await page.goto(`/join-waitlist?doctorId=${doctor.id}`)
  await page.getByLabel('Full name').fill('Anna')
  const join = page.getByRole('button', { name: 'Join the waitlist' })
  await page.getByLabel('E-mail').fill('anna@gmx..de')
  await join.click()
  await expectMarked(page, 'E-mail', emailText)
  await page.getByLabel('E-mail').fill('anna@example.org')
  await page.getByLabel('Phone').fill('abc')
  await join.click()
  await expectMarked(page, 'Phone', phoneText)
  await page.getByLabel('Phone').fill('')
  await refuse(page, /\/waitlist-entries$/, 'email')
  await join.click()
  await expectMarked(page, 'E-mail', emailText)
})

test('the desk’s form marks a mistyped address, and the field that the server refuses', async ({ site }) => {
  const scene = await aClinicScene(site)
  const tomorrow = Temporal.Now.plainDateISO('UTC').add({ days: 1 })
  await aSlot(site.database, scene.doctor, { startsAt: new Date(`${tomorrow}T09:00Z`) })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book`)
  if (tomorrow.dayOfWeek === 1) await page.getByRole('button', { name: 'Next week' }).click()
  await page.getByRole('button', { name: /^0?9:00$/ }).click()
  const book = page.getByRole('button', { name: /^Book / })
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Anna')
  await page.getByLabel('E-mail').fill('anna,m@gmx.de')
  await book.click()
  await expectMarked(page, 'E-mail', emailText)
  await page.getByLabel('E-mail').fill('anna@example.org')
  await page.getByLabel('Phone').fill('abc')
  await book.click()
  await expectMarked(page, 'Phone', phoneText)
  await page.getByLabel('Phone').fill('030 1234')
  await refuse(page, /\/bookings$/, 'phone')
  await book.click()
  await expectMarked(page, 'Phone', phoneText)
})

test('a clinic’s number has digits: the settings mark one without, and the server refuses it', async ({ site }) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/settings`)
  const save = page.getByRole('button', { name: 'Save' }).first()
  await page.getByRole('textbox', { name: 'Phone', exact: true }).fill('abc')
  await save.click()
  await expectMarked(page, 'Phone', phoneText)
  const refusal = await site.admin.updateClinic({ path: { clinicId: scene.clinic.id }, body: { phone: 'abc' } })
  expect(refusal.error).toMatchObject({ status: 400, errors: [{ path: '/phone' }] })
  await page.getByRole('textbox', { name: 'Phone', exact: true }).fill('+49 30 1234')
  await save.click()
  await page.getByText('saved.').first().waitFor()
})
