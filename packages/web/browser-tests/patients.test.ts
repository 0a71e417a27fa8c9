// Rest: the desk's records of patients
import { aBooking, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, expectReadable, sidewaysPixels } from './harness.ts'
import { test } from './scene-test.ts'

test('the desk creates a record, finds it by a part of the name, and corrects it', async ({ scene }) => {
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/patients`)
  await page.getByText('No patients yet').waitFor()
  await page.getByRole('link', { name: 'New patient' }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Jürgen Groß')
  await page.getByRole('textbox', { name: 'Date of birth' }).fill('3.5.1980')
  await page.getByLabel('Record number').fill('M-1')
  await page.getByLabel('Phone').fill('+49 171 2345678')
  await page.getByRole('combobox', { name: 'Flags' }).fill('Interp')
  await page.getByRole('option', { name: 'Interpreter' }).click()
  await page.getByRole('button', { name: 'Add an identifier' }).click()
  await page.getByLabel('System').fill('Insurance')
  await page.getByLabel('Identifier', { exact: true }).fill('X-99')
  await page.getByRole('button', { name: 'Add person' }).click()
  const person = page.getByRole('group', { name: 'Person 1' })
  await person.getByRole('checkbox', { name: 'Messages go to this person' }).check()
  await page.getByRole('button', { name: 'Create the record' }).click()
  await person.getByText('Enter the name, or remove the person.').waitFor()
  await person.getByText('Enter a telephone number or an e-mail address.').waitFor()
  await person.getByLabel('Name').fill('Greta Groß')
  await person.getByLabel('Relation to the patient').selectOption('Carer')
  await person.getByLabel('E-mail').fill('greta@example.org')
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Create the record' }).click()
  await page.getByRole('heading', { level: 1, name: 'Jürgen Groß' }).waitFor()
  const facts = page.getByRole('region', { name: 'Record' })
  const shown = ['X-99', 'Carer', 'Greta Groß', 'Messages go to this person']
  for (const text of shown) await facts.getByText(text).waitFor()
  expect(await axeFindings(page)).toEqual([])

  await page.getByRole('button', { name: 'Edit' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Notes').fill('Prefers mornings')
  await dialog.getByLabel('Record number').fill('')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('A record number can be corrected, but not removed.').waitFor()
  await dialog.getByLabel('Record number').fill('M-2')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await page.getByText('Prefers mornings').waitFor()
  // The desk books for the record with the contacts of the person who gets the messages.
  await page.getByRole('link', { name: 'Book', exact: true }).click()
  await expect.poll(() => page.getByRole('textbox', { name: 'E-mail' }).inputValue()).toBe('greta@example.org')

  await page.getByRole('link', { name: 'Patients', exact: true }).click()
  const search = page.getByRole('searchbox', { name: 'Search patients' })
  await search.fill('nobody')
  await page.getByText('No patient is found').waitFor()
  await search.fill('gross jur')
  await page.getByRole('row').getByRole('link', { name: 'Jürgen Groß' }).waitFor()
  await page.getByRole('cell', { name: 'M-2' }).waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  await expectReadable(page)
})

test('two desks that edit one record: the second is told, and nothing is overwritten', async ({ scene }) => {
  const open = async () => {
    const page = await scene.open('staff', `/clinic/${scene.clinic.id}/patients`)
    return page
  }
  const page = await open()
  await page.getByRole('link', { name: 'New patient' }).click()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Ada Okafor')
  await page.getByRole('button', { name: 'Create the record' }).click()
  await page.getByRole('button', { name: 'Edit' }).click()
  const other = await open()
  await other.getByRole('link', { name: 'Ada Okafor' }).click()
  await other.getByRole('button', { name: 'Edit' }).click()
  for (const [desk, notes] of [[page, 'first'] as const, [other, 'second'] as const]) {
    await desk.getByRole('dialog').getByLabel('Notes').fill(notes)
    await desk.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  }
  await other.getByRole('dialog').getByText('Somebody has changed this record meanwhile').waitFor()
  await other.reload()
  await other.getByText('first').waitFor()
})

test('a booking is linked to a new record, to a known one, and to none', async ({ site, scene }) => {
  const patient = { name: 'Grace Hopper', phone: '+49 30 4711' }
  const [one, other] = await Promise.all(
    [2, 3].map(async (days) => {
      const startsAt = new Date(Date.now() + days * 86_400_000)
      const slot = await aSlot(site.database, scene.doctor, { startsAt })
      return await aBooking(site.database, slot, { patient })
    }),
  )
  const pathOf = ({ id = '' } = {}) => `/clinic/${scene.clinic.id}/bookings/${id}`
  const page = await scene.open('staff', pathOf(one), { viewport: { width: 390, height: 844 } })
  const linked = page.getByRole('region', { name: 'Patient', exact: true })
  const dialog = page.getByRole('dialog')
  await linked.getByRole('button', { name: 'Link to a patient' }).click()
  await dialog.getByText('No patient is found.', { exact: false }).waitFor()
  await dialog.getByRole('link', { name: 'New patient from this booking' }).click()
  await page.getByRole('heading', { level: 1, name: 'New patient' }).waitFor()
  expect(await page.getByRole('textbox', { name: 'Phone' }).inputValue()).toBe(patient.phone)
  await page.getByRole('button', { name: 'Create the record' }).click()
  const appointments = page.getByRole('region', { name: 'Appointments', exact: true })
  await appointments.getByText('Dr Ada Lovelace').waitFor()
  expect(await sidewaysPixels(page)).toBe(0)

  await page.goto(pathOf(other))
  await linked.getByRole('button', { name: 'Link to a patient' }).click()
  await dialog.getByText(patient.phone).waitFor()
  await expectReadable(page)
  await dialog.getByRole('button', { name: /^Link to .?Grace Hopper/ }).click()
  await linked.getByRole('link', { name: 'Grace Hopper' }).click()
  await expect.poll(() => appointments.getByText('Dr Ada Lovelace').count()).toBe(2)
  await page.goto(pathOf(other))
  await linked.getByRole('button', { name: 'Remove the link' }).click()
  await linked.getByText('This booking is not linked', { exact: false }).waitFor()
})

test('an admin sees what is not linked before a record is erased and after, and opens its data', async ({ site }) => {
  const scene = await aClinicScene(site)
  const contacts = { email: 'erna@example.org', phone: '+49 171 2345678' }
  for (const [days, patient] of [
    [2, { name: 'Erna Ott', email: contacts.email }],
    [3, { name: 'Erna O.', phone: '+491712345678' }],
  ] as const) {
    const startsAt = new Date(Date.now() + days * 86_400_000)
    await aBooking(site.database, await aSlot(site.database, scene.doctor, { startsAt }), { patient })
  }
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/patients/new`)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Erna Ott')
  await page.getByLabel('Phone').fill(contacts.phone)
  await page.getByLabel('E-mail').fill(contacts.email)
  await page.getByRole('button', { name: 'Create the record' }).click()
  await page.getByRole('heading', { level: 1, name: 'Erna Ott' }).waitFor()
  const path = new URL(page.url()).pathname
  const again = { name: 'Ott, E.', mrn: 'M-77', email: contacts.email.toUpperCase() }
  await dataOf(site.admin.createPatient({ path: { clinicId: scene.clinic.id }, body: again }))

  const read = page.getByRole('button', { name: 'Show all that is stored' })
  const appointments = page.getByRole('region', { name: 'Appointments', exact: true })
  await page.getByRole('link', { name: 'Data of a person' }).click()
  await page.getByText('This finds what is linked to the record.').waitFor()
  await read.click()
  await page.getByRole('region', { name: 'Records' }).waitFor()
  expect(await appointments.count()).toBe(0)
  const second = page.getByRole('link', { name: 'Record M-77' })
  await second.waitFor()
  await page.getByRole('checkbox', { name: 'Also what has the e-mail address' }).check()
  await read.click()
  await appointments.getByText('Erna O.').waitFor()
  await expect.poll(() => appointments.getByText('Linked to the record').count()).toBe(2)
  expect(await axeFindings(page)).toEqual([])

  await page.goto(path)
  await page.getByRole('button', { name: 'Erase' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('bookings: 2, waitlist entries: 0').waitFor()
  await dialog.getByRole('link', { name: 'Record M-77' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Erase for good' }).click()
  await page.getByRole('dialog', { name: 'The patient was erased.' }).waitFor()
  await dialog.getByText('bookings: 2, waitlist entries: 0').waitFor()
  await page.setViewportSize({ width: 390, height: 844 })
  await expectReadable(page)
  await dialog.getByRole('link', { name: 'Show them' }).click()
  await page.waitForURL('**/patients/data')
  // The contacts are searched for, and are not in the address.
  expect(page.url()).not.toMatch(/erna|171/i)
  await read.click()
  await appointments.getByText('Erna O.').waitFor()
  await appointments.getByText('Erna Ott').waitFor()
})
