import { aDoctor } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, closeBy, expectFits } from './harness.ts'
import { loseFirstPost } from './routes.ts'
import { test } from './scene-test.ts'

test('an admin adds a visit type, says what is different with a doctor, edits it and switches it off', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const other = await aDoctor(site.database, scene.clinic, { name: 'Dr Bo Berg' })
  const listed = async () =>
    (await site.admin.listVisitTypes({ path: { clinicId: scene.clinic.id } })).data?.items.map(
      ({ id: _id, clinicId: _clinicId, ...fields }) => fields,
    )
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/visit-types`)
  await page.getByRole('heading', { level: 1, name: 'Visit types' }).waitFor()
  await page.getByText('No visit types yet').waitFor()
  await page.getByRole('button', { name: 'Add visit type' }).click()
  const form = page.getByRole('dialog', { name: 'Add visit type' })
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('First visit')
  await form.getByRole('textbox', { name: 'Minutes', exact: true }).fill('40')
  await form.getByRole('textbox', { name: 'Buffer after' }).fill('10')
  await form.getByRole('textbox', { name: 'Fee', exact: true }).fill('65.50')
  await form.getByLabel('Patients whom the clinic has seen before').check()
  await form.getByLabel('Can be booked together with others').check()
  await form.getByLabel('Cancellation deadline before the start', { exact: true }).fill('2')
  await form.getByLabel('Cancellation deadline before the start: unit').selectOption('days')
  await form.getByLabel('Cancellation deadline before the start', { exact: true }).fill('2')
  await form.getByLabel('Name in German').fill('Erstbesuch')
  await form.getByLabel('Some doctors').check()
  await form.getByRole('button', { name: 'Add visit type' }).click()
  await form.getByText('Choose at least one doctor.').waitFor()
  await form.getByRole('combobox', { name: 'Doctors' }).click()
  await page.getByRole('option', { name: 'Dr Bo Berg' }).click()
  await form.getByRole('group', { name: 'Dr Bo Berg' }).getByLabel('Minutes', { exact: true }).fill('50')
  expect(await axeFindings(page)).toEqual([])
  await closeBy(form, 'Add visit type')
  const row = page.getByRole('row').filter({ hasText: 'First visit' })
  await row.getByText('40 minutes').waitFor()
  await row.getByText('10 minutes after').waitFor()
  await row.getByText('Dr Bo Berg').waitFor()
  const added = {
    name: 'First visit',
    names: { de: 'Erstbesuch' },
    minutes: 40,
    bufferBeforeMinutes: 0,
    bufferAfterMinutes: 10,
    fee: { amount: 6550, currency: 'EUR' },
    appointmentTypes: ['in_person'],
    bookableBy: 'known_patients',
    minimumNoticeMinutes: null,
    bookingHorizonDays: null,
    cancellationDeadlineMinutes: 2 * 24 * 60,
    capacity: 1,
    preparation: null,
    color: null,
    position: 0,
    needs: { room: false, roomIds: [], deviceIds: [] },
    active: true,
    approval: 'none',
    approvalMinutes: 2 * 24 * 60,
    combinable: true,
    externalIds: [],
    questions: [],
    doctors: [{ doctorId: other.id, minutes: 50, bufferBeforeMinutes: null, bufferAfterMinutes: null, fee: null }],
  }
  expect(await listed()).toEqual([added])

  await page.getByRole('button', { name: 'Edit First visit' }).click()
  const edit = page.getByRole('dialog', { name: 'Edit First visit' })
  await edit.getByRole('textbox', { name: 'Minutes', exact: true }).first().fill('30')
  await edit.getByLabel('All doctors, also those whom you add later').check()
  await edit.getByRole('combobox', { name: 'Color in calendars' }).click()
  await page.getByRole('option', { name: 'Teal' }).click()
  await closeBy(edit, 'Save')
  await row.getByText('30 minutes').waitFor()
  expect(await listed()).toEqual([{ ...added, minutes: 30, color: 'teal', doctors: [] }])

  await page.getByRole('button', { name: 'Switch off First visit' }).click()
  await page.getByText('First visit can no longer be booked. Existing appointments stay.').waitFor()
  expect(await page.getByRole('alert').filter({ hasText: 'First visit can no longer' }).count()).toBe(0)
  expect(await listed()).toMatchObject([{ active: false }])
  await page.getByRole('button', { name: 'Switch on First visit' }).click()
  await page.getByRole('button', { name: 'Switch off First visit' }).waitFor()
  expect(await listed()).toMatchObject([{ active: true }])
  expect(await axeFindings(page)).toEqual([])
  await expectFits(page, { width: 320, height: 640 })
})

test('adding a visit type again after a lost response adds no second one', async ({ site, scene }) => {
  const page = await scene.pageOf('admin')
  await loseFirstPost(page, '**/visit-types')
  await page.goto(`/clinic/${scene.clinic.id}/visit-types`)
  await page.getByRole('button', { name: 'Add visit type' }).click()
  const form = page.getByRole('dialog')
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Check-up')
  await form.getByRole('textbox', { name: 'Minutes', exact: true }).fill('20')
  await form.getByRole('button', { name: 'Add visit type' }).click()
  await form.getByText('No connection').waitFor()
  await closeBy(form, 'Add visit type')
  await page.getByRole('row').filter({ hasText: 'Check-up' }).waitFor()
  const count = 'select count(*)::integer from holdfast.visit_type where clinic_no = $1'
  expect((await site.database.ownerPool.query(count, [scene.clinic.no])).rows).toEqual([{ count: 1 }])
})
