import { createHoldfastClient } from '@holdfast/contract/client'
import { newId } from '@holdfast/engine'
import { aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { axeFindings, closeBy, expectFits, expectReadable, type Site, untilRead } from './harness.ts'
import { test } from './scene-test.ts'

async function openSettings(scene: ClinicScene, options = {}) {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/settings`, options)
  await page.getByRole('heading', { name: 'Limits against misuse' }).waitFor()
  await untilRead(page)
  return page
}

async function openPrivacy(scene: ClinicScene, options = {}) {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/privacy`, options)
  await page.getByRole('row').filter({ hasText: 'Security log' }).waitFor()
  await untilRead(page)
  return page
}

const settingsOf = async (site: Site, scene: ClinicScene) =>
  (await dataOf(site.admin.getClinic({ path: { clinicId: scene.clinic.id } }))).settings

test('a value outside of its range is refused with the reason and stays as it was typed', async ({ site, scene }) => {
  const page = await openSettings(scene)
  const rules = page.getByRole('region', { name: 'Booking rules' })
  await rules.getByText(/\(1\W+15 minutes\)/).waitFor()
  const hold = page.getByRole('textbox', { name: 'Hold time', exact: true })
  await hold.fill('90')
  await page.getByLabel('Extensions of a hold').focus()
  await rules.getByText('Enter a whole number from 1 to 15.').waitFor()
  expect(await hold.inputValue()).toBe('90')
  await page.getByRole('button', { name: 'Save' }).first().click()
  await hold.and(page.locator(':focus')).waitFor()
  expect((await settingsOf(site, scene)).holdSeconds).toBe(120)
  // The same number is right in seconds.
  await page.getByLabel('Hold time: unit').selectOption('seconds')
  await rules.getByText(/\(30\W+900 seconds\)/).waitFor()
  await rules.getByText('Enter a whole number', { exact: false }).waitFor({ state: 'hidden' })
  await page.getByRole('textbox', { name: 'Cancellation deadline before the start' }).fill('2')
  await page.getByLabel('Cancellation deadline before the start: unit').selectOption('days')
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Save' }).first().click()
  await page.getByText('saved.').first().waitFor()
  expect(await settingsOf(site, scene)).toMatchObject({ holdSeconds: 90, cancellationDeadlineMinutes: 2 * 24 * 60 })

  const limit = page.getByLabel('Places per booking')
  await limit.fill('0')
  await page.getByRole('button', { name: 'Apply limits' }).click()
  await page.getByText('Enter a whole number from 1 to 1,000,000.').waitFor()
  await limit.and(page.locator(':focus')).waitFor()
  expect(await limit.inputValue()).toBe('0')
})

test('leaving with changes that are not saved asks first, also before the tab is closed', async ({ scene }) => {
  const page = await openSettings(scene)
  const leave = page.getByRole('navigation', { name: 'Clinic' }).getByRole('link', { name: 'Doctors' })
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  await page.getByLabel('Upcoming appointments per account').fill('7')
  await leave.click()
  await dialog.getByRole('button', { name: 'Stay on this page' }).and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  expect(await page.getByLabel('Upcoming appointments per account').inputValue()).toBe('7')
  const asked = page.waitForEvent('dialog')
  void page.close({ runBeforeUnload: true })
  const question = await asked
  expect(question.type()).toBe('beforeunload')
  await question.dismiss()
  await leave.click()
  await dialog.getByRole('button', { name: 'Leave without saving' }).click()
  await page.getByRole('heading', { level: 1, name: 'Doctors' }).waitFor()

  // Nothing is asked after saving.
  const saved = await openSettings(scene)
  await saved.getByRole('textbox', { name: 'Name', exact: true }).fill('Renamed Clinic')
  await saved.getByRole('button', { name: 'Save' }).first().click()
  await saved.getByText('Renamed Clinic: saved.').waitFor()
  await saved.getByRole('button', { name: 'More', exact: true }).click()
  expect(await axeFindings(saved)).toEqual([])
  await saved.getByRole('link', { name: 'People and roles' }).click()
  await saved.getByRole('button', { name: 'More: People and roles' }).waitFor()
  await saved.getByRole('heading', { level: 1, name: 'People and roles' }).waitFor()
})

test('another time zone is asked about while there are slots to come, and can be undone', async ({ site, scene }) => {
  const zone = async () => (await dataOf(site.admin.getClinic({ path: { clinicId: scene.clinic.id } }))).timezone
  const former = await zone()
  await aSlot(site.database, scene.doctor)
  const page = await openSettings(scene)
  const field = page.getByRole('combobox', { name: 'Time zone' })
  const choose = async () => {
    await field.fill('Asia/Tokyo')
    await page.getByRole('option', { name: 'Asia/Tokyo' }).click()
  }
  await choose()
  const save = page.getByRole('button', { name: 'Save' }).first()
  await save.click()
  const dialog = page.getByRole('dialog', { name: 'Change the time zone?' })
  await dialog.getByText(/^Slots that are not over: \d+\. With bookings or cases: \d+\.$/).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await closeBy(dialog, 'Keep the time zone')
  expect(await zone()).toBe(former)
  expect(await field.inputValue()).toBe(former)
  expect(await save.isDisabled()).toBe(true)
  await choose()
  await save.click()
  await dialog.getByRole('button', { name: 'Change the time zone' }).click()
  // Under the pointer, the message does not end.
  await page.getByText('saved.').first().hover()
  expect(await zone()).toBe('Asia/Tokyo')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(zone).toBe(former)
})

/** A confirmed booking whose slot began this long ago. */
async function aPastBooking(site: Site, scene: ClinicScene, days: number): Promise<void> {
  const slot = await aSlot(site.database, scene.doctor)
  const body = { slotId: slot.id, patient: { name: 'Rita Return' }, confirm: true }
  await dataOf(createHoldfastClient({ baseUrl: site.url }).createBooking({ body }))
  await site.database.ownerPool.query(
    `update holdfast.slot set starts_at = now() - make_interval(days => $2),
       ends_at = now() - make_interval(days => $2, mins => -15) where id = $1`,
    [slot.id, days],
  )
}

test('erasing old patients is confirmed with what will be erased, begins a day later, and can be turned off', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  for (const days of [40, 100]) await aPastBooking(site, scene, days)
  const page = await openPrivacy(scene, { viewport: { width: 390, height: 844 } })
  const panel = page.getByRole('region', { name: 'Erasing old patient data' })
  const dialog = page.getByRole('dialog', { name: 'Erase old patient data?' })
  await panel.getByRole('switch', { name: 'Erase patients automatically' }).click()
  await panel.getByLabel('Months after the appointment').fill('121')
  await panel.getByText('Enter a whole number from 1 to 120.').waitFor()
  await panel.getByLabel('Months after the appointment').fill('2')
  await panel.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('whose appointment was more than 2 months ago', { exact: false }).waitFor()
  await dialog.getByText('One booking is old enough.').waitFor()
  await dialog.getByRole('button', { name: 'Keep data' }).and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  expect((await settingsOf(site, scene)).patientDataMonths).toBe(0)

  await panel.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Erase in 24 hours' }).click()
  await panel.getByText('Until then nothing is erased', { exact: false }).waitFor()
  await dialog.waitFor({ state: 'detached' })
  await panel.getByRole('heading').and(page.locator(':focus')).waitFor()
  expect((await settingsOf(site, scene)).patientDataMonths).toBe(2)
  await expectReadable(page)
  await page.reload()
  await panel.getByRole('button', { name: 'Turn off' }).click()
  await panel.getByText('Until then nothing is erased', { exact: false }).waitFor({ state: 'hidden' })
  expect((await settingsOf(site, scene)).patientDataMonths).toBe(0)
  expect(await panel.getByRole('switch').isChecked()).toBe(false)
})

test('the page Privacy lists all kinds of data, and says what a shorter time deletes', async ({ site, scene }) => {
  const { no } = scene.clinic
  await site.database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at,
       created_at)
     select $1, $2, $2, 1, $2, 'confirmed', 'email', 'sent', now(), now(), now() - interval '40 days'`,
    [no, newId(no)],
  )
  const page = await openPrivacy(scene)
  const row = (kind: string) => page.getByRole('row').filter({ hasText: kind })
  await row('Security log').getByText('12 months').waitFor()
  await row('Security log').getByText('HOLDFAST_AUDIT_MONTHS').waitFor()
  await row('Messages to patients').getByText('180 days').waitFor()
  await row('Patients of appointments').getByText('Until it is erased by hand').waitFor()
  const panel = page.getByRole('region', { name: 'Deleting messages' })
  const dialog = page.getByRole('dialog', { name: 'Delete older messages?' })
  await panel.getByLabel('Days after the message').fill('6')
  await panel.getByText('Enter a whole number from 7 to 730.').waitFor()
  await panel.getByLabel('Days after the message').fill('30')
  await panel.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('One message is older.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await closeBy(dialog, 'Delete older messages')
  await row('Messages to patients').getByText('30 days').waitFor()
  expect((await settingsOf(site, scene)).messageDays).toBe(30)
  for (const width of [390, 1280]) {
    await expectFits(page, { width, height: 844 })
  }
  expect(await axeFindings(page)).toEqual([])
})
