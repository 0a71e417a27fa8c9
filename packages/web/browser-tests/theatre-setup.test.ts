import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { axeFindings, closeBy } from './harness.ts'
import { test } from './scene-test.ts'
import { aCase, aTheatre, inMinutes } from './theatre-scene.ts'

test('a lower number of equipment is refused with the cases that have more, and accepted without them', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const { clinicId, robotId } = theatre
  const path = { clinicId, equipmentId: robotId }
  await dataOf(site.admin.updateEquipment({ path, body: { units: 2 } }))
  const booked = await aCase(site, theatre, { equipment: [{ equipmentId: robotId, units: 2 }] })
  const page = await theatre.scene.open('admin', `/clinic/${clinicId}/theatre/setup`)
  await page.getByRole('button', { name: 'Edit Robot' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Units').fill('1')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('alert').getByText('Cases have more units of this equipment').waitFor()
  await dialog
    .getByRole('listitem')
    .filter({ hasText: /: unit 2$/ })
    .waitFor()
  await dataOf(site.admin.cancelCase({ path: { caseId: booked.id }, body: { reasonCode: 'patient_cancelled' } }))
  await closeBy(dialog, 'Save')
  await page.getByRole('row', { name: /Robot.*Units: 1/ }).waitFor()
})

test('a room becomes inactive while cases have it only after a question with these cases', async ({ site }) => {
  const theatre = await aTheatre(site)
  const { clinicId } = theatre
  await aCase(site, theatre, {})
  const page = await theatre.scene.pageOf('admin')
  const queries: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'PATCH') queries.push(new URL(request.url()).search)
  })
  await page.goto(`/clinic/${clinicId}/theatre/setup`)
  await page.getByRole('button', { name: 'Edit Room 1' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Takes new cases').uncheck()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await dialog.getByRole('alert').getByText('Cases have this room, person or equipment').waitFor()
  expect(await dialog.getByRole('listitem').count()).toBe(1)
  expect(await axeFindings(page)).toEqual([])
  await closeBy(dialog, 'Save anyway')
  const { data } = await site.admin.listRooms({ path: { clinicId } })
  expect(data?.items.map(({ name, active }) => [name, active])).toContainEqual(['Room 1', false])
  expect(queries).toEqual(['', '?withCases=true'])
})

test('a block over a case of the open time is not created, and the case is named as the reason', async ({ site }) => {
  const theatre = await aTheatre(site)
  await aCase(site, theatre, { startsAt: inMinutes(1_440) })
  const page = await theatre.scene.open('admin', `/clinic/${theatre.clinicId}/theatre/blocks`)
  await page.getByRole('button', { name: 'Add blocks' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Once', { exact: true }).click()
  await dialog.getByLabel('Service').fill('Urology')
  const tomorrow = Temporal.Now.plainDateISO(theatre.scene.clinic.timezone).add({ days: 1 })
  await dialog.getByRole('textbox', { name: /^Day/ }).fill(tomorrow.toString())
  await dialog.getByLabel(/^Start/).fill('06:00')
  await dialog.getByLabel(/^End/).fill('20:00')
  for (const [name, counted] of [
    ['Preview', /^Would be created: 0\. .* In conflict with other blocks or cases of the room: 1\.$/],
    ['Create blocks', /^Created: 0\. .* In conflict with other blocks or cases of the room: 1\.$/],
  ] as const) {
    await dialog.getByRole('button', { name }).click()
    await dialog.getByText(counted).waitFor()
    await dialog
      .getByRole('listitem')
      .filter({ hasText: /: another case is there$/ })
      .waitFor()
  }
})

test('an admin says what equipment a doctor prefers', async ({ site, theatre }) => {
  const page = await theatre.scene.open('admin', `/clinic/${theatre.clinicId}/theatre/setup`)
  const doctors = page.getByRole('region', { name: 'Doctors as surgeons' })
  await doctors.getByText('No preferred equipment').first().waitFor()
  await doctors
    .getByRole('button', { name: /^Edit / })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Preferred equipment').click()
  await page.getByRole('option', { name: 'Robot' }).click()
  // The list of options is above the button.
  await page.keyboard.press('Tab')
  await closeBy(dialog, 'Save')
  await doctors.getByText('Prefers: \u2068Robot\u2069').waitFor()
  expect(await axeFindings(page)).toEqual([])
  const { items } = await dataOf(site.admin.listTheatreDoctors({ path: { clinicId: theatre.clinicId } }))
  const prefers = items.map(({ preferredEquipmentIds }) => preferredEquipmentIds)
  expect(prefers.filter(({ length }) => length > 0)).toEqual([[theatre.robotId]])
})
