import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('the desk finds a patient of the clinic by what is typed, and fills in the form with one button', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const patient = { name: 'Rosa Reception', phone: '+49 30 4711', email: 'rosa@example.org' }
  for (let nth = 0; nth < 2; nth += 1) {
    await aBooking(site.database, await aSlot(site.database, scene.doctor), { patient })
  }
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/book`)
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  const known = page.getByRole('button', { name: 'Rosa Reception · +49 30 4711 · rosa@example.org' })
  for (const [label, text] of [
    ['Name', 'rosa re'],
    ['Phone', '4711'],
    ['E-mail', 'rosa@'],
  ] as const) {
    await field(label).fill(text)
    await known.waitFor()
    expect(await known.count()).toBe(1)
    await field(label).fill('')
    await known.waitFor({ state: 'detached' })
  }
  await field('Name').fill('Rosa')
  await known.waitFor()
  expect(await axeFindings(page)).toEqual([])
  for (const key of ['ArrowDown', 'Enter']) {
    await field('Name').press(key)
    await known.and(page.locator(':focus')).waitFor()
  }
  await page.keyboard.press('Enter')
  await known.waitFor({ state: 'detached' })
  const values = ['Name', 'Phone', 'E-mail'].map((name) => field(name).inputValue())
  expect(await Promise.all(values)).toEqual([patient.name, patient.phone, patient.email])
})

test('a record is found by the birth date, shows its flags, and gets the booking that is made for it', async ({
  site,
}) => {
  // Of this week, which the page shows.
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const startsAt = new Date(Date.now() + 3_600_000)
  await aSlot(site.database, scene.doctor, { startsAt })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/patients/new`)
  const field = (name: string) => page.getByRole('textbox', { name, exact: true })
  await field('Name').fill('Mia Müller')
  await page.getByRole('textbox', { name: 'Date of birth' }).fill('3.5.1980')
  await page.getByLabel('Phone').fill('+49 171 2345678')
  await page.getByRole('combobox', { name: 'Flags' }).fill('Wheel')
  await page.getByRole('option', { name: 'Wheelchair' }).click()
  await page.getByRole('button', { name: 'Create the record' }).click()
  await page.getByRole('heading', { level: 1, name: 'Mia Müller' }).waitFor()
  const path = new URL(page.url()).pathname

  await page.goto(`/clinic/${scene.clinic.id}/book`)
  await field('Name').fill('3.5.1980')
  const known = page.getByRole('button', { name: /^Mia Müller · / })
  await known.waitFor()
  await page.getByText('Wheelchair').waitFor()
  await known.click()
  await page.getByText(/^Will be linked to the record of/).waitFor()
  await page.getByText('Wheelchair').waitFor()
  expect(await axeFindings(page)).toEqual([])

  await page.goto(path)
  await page.getByRole('link', { name: 'Book', exact: true }).click()
  await page.getByText(/^Will be linked to the record of/).waitFor()
  expect(await field('Name').inputValue()).toBe('Mia Müller')
  await page
    .getByRole('button', { name: /^\d+:\d\d/ })
    .first()
    .click()
  await page.getByRole('button', { name: /^Book \w/ }).click()
  await page.getByRole('status').getByText('Mia Müller').waitFor()
  await page.goto(path)
  await page.getByRole('region', { name: 'Appointments' }).getByText('Dr Ada Lovelace').waitFor()
})

test('the desk books for a record by one request, and reads it if the record was erased meanwhile', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const { clinic } = scene
  await aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() + 3_600_000) })
  const path = { clinicId: clinic.id }
  const record = await dataOf(site.admin.createPatient({ path, body: { name: 'Mia Müller' } }))
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${clinic.id}/book?patientId=${record.id}`)
  const time = page.getByRole('button', { name: /^\d+:\d\d/ }).first()
  await time.click()
  await dataOf(site.admin.erasePatientRecord({ path: { ...path, patientId: record.id } }))
  await page.getByRole('button', { name: /^Book \w/ }).click()
  await page.getByRole('alert').getByText('patient').first().waitFor()
  const { rows } = await site.database.ownerPool.query('select 1 from holdfast.booking where clinic_no = $1', [
    clinic.no,
  ])
  expect(rows).toEqual([])
  expect(await axeFindings(page)).toEqual([])
})
