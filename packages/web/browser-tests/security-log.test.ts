import { readFile } from 'node:fs/promises'
import { until } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene, signInContext } from './clinic-scene.ts'
import { administrator, axeFindings, type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

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
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/settings`)
  await until(
    async () => {
      const { rows } = await site.database.ownerPool.query(
        `select from holdfast.audit_event where clinic_no = $1 and kind = 'sign_in'`,
        [scene.clinic.no],
      )
      return rows.length > 0 ? true : undefined
    },
    () => 'the sign-in to be written',
  )
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
  await page.getByRole('button', { name: 'Download as CSV' }).click()
  const csv = await readFile(await (await downloading).path(), 'utf8')
  expect(csv.split('\r\n')).toHaveLength(2)
  expect(csv).toContain('Failed sign-in')

  await page.getByLabel('From').fill('2026-03-03')
  await page.getByText('Nothing is recorded here').waitFor()
  await page.getByRole('button', { name: 'Show all' }).click()
  await page.getByRole('row').filter({ hasText: 'Data exported' }).waitFor()
})

test('10,000 events are read page by page, and fit on a phone', async ({ site }) => {
  const scene = await aClinicScene(site, { clinic: 'Busy Log Clinic' })
  await addEvents(site, scene.clinic.no, 'denied', 10_000)
  const page = await scene.pageOf('admin', { viewport: { width: 390, height: 844 } })
  await page.goto(`/clinic/${scene.clinic.id}/security-log?kind=denied`)
  await page.getByText('The latest 100 events').waitFor()
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.getByText('The latest 200 events').waitFor()
  expect(await sidewaysPixels(page)).toBe(0)
  expect(await axeFindings(page)).toEqual([])
})

test('staff do not find it; site administrators read that of the whole site', async ({ site }) => {
  const scene = await aClinicScene(site, { clinic: 'Whole Site Clinic' })
  const staff = await scene.pageOf('staff')
  await staff.goto(`/clinic/${scene.clinic.id}/day`)
  await staff.getByRole('link', { name: 'Bookings', exact: true }).waitFor()
  expect(await staff.getByRole('link', { name: 'Security log' }).count()).toBe(0)
  await addEvents(site, scene.clinic.no, 'limits_changed', 1)
  const page = await site.newPage()
  await signInContext(site, page, administrator)
  await page.goto('/clinic')
  await page.getByRole('link', { name: 'Security log' }).click()
  await page.getByLabel('What', { exact: true }).selectOption('Booking limits changed')
  const changed = page.getByRole('row').filter({ hasText: 'Booking limits changed' })
  await changed.filter({ hasText: 'Whole Site Clinic' }).first().waitFor()
  expect(await axeFindings(page)).toEqual([])
})
