import { readFile } from 'node:fs/promises'
import { aPng, aSlot, until } from '@holdfast/testkit'
import { expect } from 'vitest'
import { dataOf } from './a-practice.ts'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { administrator, axeFindings, expectReadable, type Site } from './harness.ts'
import { test } from './scene-test.ts'

/** Adds events as the server would. The times begin at noon UTC of 2 March 2026. */
async function addEvents(site: Site, clinicNo: number, kind: string, count: number): Promise<void> {
  await site.database.ownerPool.query(
    `insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, network, details)
     select $1, timestamptz '2026-03-02 12:00Z' - n * interval '1 minute', $2, 1, 'nobody', '203.0.113.0/24', '{}'
       from generate_series(0, $3 - 1) n`,
    [clinicNo, kind, count],
  )
}

test('an admin reads who signed in and what was changed, in the clinic’s time, and filters and saves it', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { clinic: 'Log Clinic', timezone: 'Asia/Tokyo' })
  await addEvents(site, scene.clinic.no, 'sign_in_failed', 1)
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/settings`)
  // Events are written within moments, and a page that is open does not show those that come later.
  const isWritten = (kind: string, count = 1) =>
    until(
      async () => {
        const { rows } = await site.database.ownerPool.query(
          'select from holdfast.audit_event where clinic_no = $1 and kind = $2',
          [scene.clinic.no, kind],
        )
        return rows.length >= count ? true : undefined
      },
      () => `${kind} to be written`,
    )
  await isWritten('sign_in')
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('link', { name: 'Security log' }).click()
  await page.getByRole('heading', { level: 1, name: 'Security log' }).waitFor()
  await page.getByRole('row').filter({ hasText: 'Signed in' }).filter({ hasText: 'Alma' }).first().waitFor()
  // Noon in UTC is nine in the evening in Tokyo.
  const failed = page.getByRole('row').filter({ hasText: 'Failed sign-in' })
  await failed.filter({ hasText: '203.0.113.0/24' }).waitFor()
  expect(await failed.textContent()).toMatch(/2 Mar.*21:00/)
  expect(await axeFindings(page)).toEqual([])

  await page.getByLabel('What', { exact: true }).selectOption('Failed sign-in')
  await page.getByText('1 event', { exact: true }).waitFor()
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download as CSV' }).click()
  const csv = await readFile(await (await downloading).path(), 'utf8')
  expect(csv.trim().split('\r\n')).toHaveLength(2)
  expect(csv).toContain('sign_in_failed')

  await page.getByRole('textbox', { name: 'From' }).fill('2026-03-03')
  await page.getByText('Nothing is recorded here').waitFor()
  await isWritten('data_exported', 2)
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect.poll(() => page.getByRole('row').filter({ hasText: 'Data exported' }).count()).toBe(2)
})

test('10,000 events are read page by page, and fit on a phone', async ({ site }) => {
  const scene = await aClinicScene(site, { clinic: 'Busy Log Clinic' })
  await addEvents(site, scene.clinic.no, 'denied', 10_000)
  const page = await scene.pageOf('admin', { viewport: { width: 390, height: 844 } })
  await page.goto(`/clinic/${scene.clinic.id}/security-log?kind=denied`)
  await page.getByText('The latest 100 events').waitFor()
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.getByText('The latest 200 events').waitFor()
  // The first of the new ones has the focus: the button is below all of them.
  const focusedRow = () =>
    page.evaluate(() => [...document.querySelectorAll('tbody tr')].indexOf(document.activeElement as HTMLElement))
  await expect.poll(focusedRow).toBe(100)
  await expectReadable(page)
})

test('staff do not find it; site administrators read that of the whole site', async ({ site, page }) => {
  const scene = await aClinicScene(site, { clinic: 'Whole Site Clinic' })
  const staff = await scene.open('staff', `/clinic/${scene.clinic.id}/day`)
  await staff.getByRole('link', { name: 'Bookings', exact: true }).waitFor()
  await staff.getByRole('button', { name: 'More', exact: true }).click()
  await staff.getByRole('link', { name: 'Messages', exact: true }).waitFor()
  expect(await staff.getByRole('link', { name: 'Security log', exact: true }).count()).toBe(0)
  await addEvents(site, scene.clinic.no, 'limits_changed', 1)
  await signInContext(site, page, administrator)
  await page.goto('/clinic')
  await page.getByRole('link', { name: 'Security log' }).click()
  await page.getByLabel('What', { exact: true }).selectOption('Booking limits changed')
  const changed = page.getByRole('row').filter({ hasText: 'Booking limits changed' })
  await changed.filter({ hasText: 'Whole Site Clinic' }).first().waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test('events say in the reader’s language what was changed, and name whom they concern', async ({ site }) => {
  const scene = await aClinicScene(site, { clinic: 'Word Clinic' })
  const { clinic, doctor } = scene
  const path = { clinicId: clinic.id }
  const slot = await aSlot(site.database, doctor)
  const { id: bookingId } = await dataOf(
    site.admin.createBooking({ body: { slotId: slot.id, patient: { name: 'Pia' }, confirm: true } }),
  )
  await dataOf(site.admin.updateDoctor({ path: { doctorId: doctor.id }, body: { fee: null, active: true } }))
  const { password } = administrator
  await dataOf(site.admin.createInvitation({ path, body: { email: 'new@example.org', role: 'staff', password } }))
  await dataOf(site.admin.updateClinic({ path, body: { phone: '1', settings: { holdSeconds: 90 } } }))
  await site.admin.setClinicLogo({ path, body: { image: aPng().toString('base64') }, throwOnError: true })
  await site.admin.deleteClinicLogo({ path, throwOnError: true })
  const staff = await scene.open('staff', `/clinic/${clinic.id}/bookings/${bookingId}`)
  await staff.getByRole('heading', { name: 'Pia' }).waitFor()
  await staff.evaluate((id) => fetch(`/api/v1/clinics/${id}/members`), clinic.id)
  const kinds = ['doctor_changed', 'invitation_created', 'clinic_changed', 'booking_read', 'denied']
  await until(
    async () => {
      const { rows } = await site.database.ownerPool.query<{ kind: string }>(
        'select distinct kind from holdfast.audit_event where clinic_no = $1 and kind = any ($2)',
        [clinic.no, kinds],
      )
      return rows.length === kinds.length ? true : undefined
    },
    () => 'all events to be written',
  )
  const page = await scene.open('admin', `/clinic/${clinic.id}/security-log`, { locale: 'de-DE' })
  const row = (text: string) => page.getByRole('row').filter({ hasText: text })
  await row('Honorar · Nimmt Buchungen an').filter({ hasText: 'Dr Ada Lovelace' }).waitFor()
  await row('Einladung an new@example.org').waitFor()
  await row('Telefon · Dauer einer Reservierung').waitFor()
  for (const change of ['Logo gesetzt', 'Logo entfernt']) await row(change).waitFor()
  await row('Team und Rollen').waitFor()
  await page
    .getByRole('link', { name: /^Buchung [0-9A-F]{4}-[0-9A-F]{4}$/ })
    .first()
    .waitFor()
  const words = await page.getByRole('table').textContent()
  for (const raw of ['listMembers', 'holdSeconds', 'appointmentTypes']) expect(words).not.toContain(raw)
})
