import { dataOf } from './a-practice.ts'
import { test } from './site-test.ts'
import { aCase, aTheatre } from './theatre-scene.ts'

test('a lower number of equipment is refused with the cases that have more, and accepted without them', async ({
  site,
}) => {
  const theatre = await aTheatre(site)
  const { clinicId, robotId } = theatre
  const path = { clinicId, equipmentId: robotId }
  await dataOf(site.admin.updateEquipment({ path, body: { units: 2 } }))
  const booked = await aCase(site, theatre, { equipment: [{ equipmentId: robotId, units: 2 }] })
  const page = await theatre.scene.pageOf('admin')
  await page.goto(`/clinic/${clinicId}/theatre/setup`)
  await page.getByRole('button', { name: 'Edit Robot' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Units').fill('1')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('alert').getByText('Cases have more units of this equipment').waitFor()
  await dialog
    .getByRole('listitem')
    .filter({ hasText: /: unit 2$/ })
    .waitFor()
  await dataOf(site.admin.cancelCase({ path: { caseId: booked.id }, body: { reasonCode: 'patient' } }))
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('row', { name: /Robot.*Units: 1/ }).waitFor()
})
