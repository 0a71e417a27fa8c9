// Rest: the desk merges records of one patient
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

test('the desk compares a likely duplicate, merges it, and undoes that', async ({ site }) => {
  const scene = await aClinicScene(site)
  const path = { clinicId: scene.clinic.id }
  const create = (body: { name: string; mrn?: string; phone?: string; email?: string; notes?: string }) =>
    dataOf(site.admin.createPatient({ path, body: { birthDate: '1980-05-03', ...body } }))
  const kept = await create({ name: 'Ada Byron', mrn: 'M-1', email: 'ada@example.org' })
  const merged = await create({
    name: 'Ada King',
    phone: '+49 171 2345678',
    email: 'old@example.org',
    notes: 'By train',
  })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/patients/${kept.id}`)
  const others = page.getByRole('region', { name: 'Other records of this patient' })
  await others.getByText('Same date of birth, similar name').waitFor()
  await others.getByRole('button', { name: /^Compare .*Ada King/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radiogroup', { name: 'Which record stays?' }).waitFor()
  await dialog.getByRole('radiogroup', { name: 'Name' }).getByText('Ada King').click()
  expect(await axeFindings(page)).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await sidewaysPixels(page)).toBe(0)
  await dialog.getByRole('button', { name: 'Merge the records' }).click()

  await page.getByRole('heading', { level: 1, name: 'Ada King' }).waitFor()
  const record = page.getByRole('region', { name: 'Record', exact: true })
  for (const text of ['M-1', '+49 171 2345678', 'ada@example.org', 'By train']) await record.getByText(text).waitFor()
  await others.getByText(/^Merged on /).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)

  await page.goto(`/clinic/${scene.clinic.id}/patients/${merged.id}`)
  await page.getByText('This record was merged into another one').waitFor()
  expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('link', { name: 'Open the record that stays' }).click()
  await page.getByRole('button', { name: /^Undo the merge .*Ada King/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Ada Byron' }).waitFor()
  await others.getByText('Same date of birth, similar name').waitFor()
  expect(await record.getByText('By train').count()).toBe(0)
})

test('the desk merges a record that it looks for', async ({ site }) => {
  const scene = await aClinicScene(site)
  const path = { clinicId: scene.clinic.id }
  const kept = await dataOf(site.admin.createPatient({ path, body: { name: 'Bea One' } }))
  await dataOf(site.admin.createPatient({ path, body: { name: 'Beatrice Two', phone: '4711' } }))
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/patients/${kept.id}`)
  await page.getByRole('button', { name: 'Merge with another record' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('searchbox', { name: 'Search patients' }).fill('beatr')
  await dialog.getByRole('button', { name: /^Compare .*Beatrice Two/ }).click()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Merge the records' }).click()
  await page.getByRole('region', { name: 'Record' }).getByText('4711').waitFor()
})
