// Rest: what is stored about a person, read by them and by their clinic
import { readFile } from 'node:fs/promises'
import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels, signInPage, signUp, untilRead } from './harness.ts'
import { test } from './site-test.ts'

test('an account reads what is stored about it, and saves it as a file', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: 'Asia/Tokyo' })
  const account = await signUp(site.url, 'Grace')
  const { rows } = await site.database.ownerPool.query<{ id: string }>('select id from auth."user" where email = $1', [
    account.email,
  ])
  await aBooking(site.database, await aSlot(site.database, scene.doctor), {
    patient: { name: 'Grace Hopper', phone: '030 123' },
    accountId: rows[0]?.id ?? '',
  })
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await signInPage(page, account, '/account')
  await page.getByRole('link', { name: 'Your data', exact: true }).click()
  await page.getByRole('heading', { level: 2, name: 'Hill Clinic' }).waitFor()
  await page.getByRole('region', { name: 'Appointments' }).getByText('Grace Hopper').waitFor()
  await page.getByRole('region', { name: 'Account' }).getByText(account.email).waitFor()
  await page.getByText(/^Times are local times of: Japan/).waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as a file (JSON)' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('my-data.json')
  const saved = JSON.parse(await readFile(await download.path(), 'utf8'))
  expect(saved).toMatchObject({ clinics: [{ clinicName: 'Hill Clinic' }] })
})

test('an account reads who has seen its data, on a phone and in other languages', async ({ site }) => {
  const scene = await aClinicScene(site)
  const account = await signUp(site.url, 'Grace')
  const { rows } = await site.database.ownerPool.query<{ id: string }>('select id from auth."user" where email = $1', [
    account.email,
  ])
  const { id } = await aBooking(site.database, await aSlot(site.database, scene.doctor), {
    patient: { name: 'Grace Hopper' },
    accountId: rows[0]?.id ?? '',
  })
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await signInPage(page, account, '/account')
  await page.getByRole('link', { name: 'Who has seen your data' }).click()
  await page.getByText('Nobody has seen your data yet').waitFor()
  const staff = await scene.pageOf('staff')
  await staff.goto(`/clinic/${scene.clinic.id}/bookings/${id}`)
  await staff.getByText('Grace Hopper').first().waitFor()
  await page.reload()
  const opened = page.getByRole('row').filter({ hasText: 'Your appointment was opened' }).first()
  await opened.getByText('Staff', { exact: true }).waitFor()
  await opened.getByText('Hill Clinic').waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 })
    expect(await sidewaysPixels(page)).toBe(0)
  }
})

test('an administrator reads all about a contact, and the staff cannot', async ({ site }) => {
  const scene = await aClinicScene(site)
  await aBooking(site.database, await aSlot(site.database, scene.doctor), {
    patient: { name: 'Grace Hopper', email: 'grace@example.org' },
  })
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/patients`)
  await page.getByRole('link', { name: 'Data of a person' }).click()
  const contact = page.getByRole('textbox', { name: 'E-mail addresses and phone numbers' })
  await contact.fill('nobody@example.org')
  await page.getByRole('button', { name: 'Show all that is stored' }).click()
  await page.getByText('Nothing is stored.').waitFor()
  await contact.fill('GRACE@example.org')
  await page.getByRole('button', { name: 'Show all that is stored' }).click()
  await page.getByRole('region', { name: 'Appointments' }).getByText('Grace Hopper').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await contact.pressSequentially('x')
  await page.getByRole('region', { name: 'Appointments' }).waitFor({ state: 'detached' })
  const staff = await scene.pageOf('staff')
  await staff.goto(`/clinic/${scene.clinic.id}/patients`)
  await staff.getByRole('link', { name: 'New patient' }).waitFor()
  expect(await staff.getByRole('link', { name: 'Data of a person' }).count()).toBe(0)
  await staff.goto(`/clinic/${scene.clinic.id}/patients/data`)
  await staff.getByText('Only administrators can read it').waitFor()
})
