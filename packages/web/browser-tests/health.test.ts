// Guarantee: the health of the installation is read again, and says what was read earlier when it cannot be
import type { Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { signInContext } from './clinic-scene.ts'
import { administrator, axeFindings, type Site, sidewaysPixels } from './harness.ts'
import { test } from './site-test.ts'

/** Longer than until the page is read again. */
const rereadMs = 30_000

async function openHealth(site: Site, options: Parameters<Site['newPage']>[0] = {}): Promise<Page> {
  const page = await site.newPage(options)
  await signInContext(site, page, administrator)
  await page.goto('/health')
  await page.getByRole('heading', { level: 2 }).first().waitFor()
  return page
}

async function recordVerification(site: Site, isFailing: boolean): Promise<void> {
  await site.database.ownerPool.query(
    `insert into holdfast.upkeep_result (kind, succeeded_at, failing_since, faults)
     values ('verify', now(), case when $1 then now() end, case when $1 then 2 else 0 end)
     on conflict (kind) do update set failing_since = excluded.failing_since, faults = excluded.faults`,
    [isFailing],
  )
}

test('a site administrator sees what fails as soon as it is read again, with what to do', async ({ site }) => {
  onTestFinished(async () => {
    await site.database.ownerPool.query(`delete from holdfast.upkeep_result where kind = 'verify'`)
  })
  await recordVerification(site, false)
  const page = await site.newPage()
  await signInContext(site, page, administrator)
  await page.goto('/clinic?all=true')
  await page.getByRole('link', { name: 'Health', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Health of the installation' }).waitFor()
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) })
  const verification = row('Verification')
  await verification.filter({ hasText: 'OK' }).filter({ hasText: 'Faults: 0' }).waitFor()
  await row('Database').filter({ hasText: 'OK' }).waitFor()
  await page.getByText(/^As of /).waitFor()
  expect(await axeFindings(page)).toEqual([])

  await recordVerification(site, true)
  await verification.filter({ hasText: 'Failed' }).filter({ hasText: 'Faults: 2' }).waitFor({ timeout: rereadMs })
  expect(await axeFindings(page)).toEqual([])
  const help = verification.getByRole('link', { name: 'What to do: Verification' })
  expect(await help.getAttribute('href')).toBe('/help/operations-alerts#holdfastverifyfails')
  await help.click()
  await page.locator('#holdfastverifyfails').waitFor()
})

test('when it cannot be read, what was read earlier stays and is called so; without checks it says that', async ({
  site,
}) => {
  const page = await openHealth(site)
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.route('**/api/v1/health', (route) => route.fulfill({ status: 503, json: { code: 'unavailable' } }))
  await page.getByText('What follows was read earlier').waitFor({ timeout: rereadMs })
  await page.getByRole('table').first().waitFor()
  expect(await axeFindings(page)).toEqual([])

  await page.unroute('**/api/v1/health')
  const health = { at: new Date().toISOString(), state: 'ok', process: 'planted', checks: [] }
  await page.route('**/api/v1/health', (route) => route.fulfill({ json: health }))
  await page.reload()
  await page.getByText('Nothing is checked').waitFor()
  expect(await axeFindings(page)).toEqual([])
})

test.for(['de-DE', 'ar-EG'])('in %s it fits on a phone, and no text is a key', async (locale, { site }) => {
  const page = await openHealth(site, { locale, viewport: { width: 320, height: 640 } })
  expect(await page.locator('html').getAttribute('dir')).toBe(locale.startsWith('ar') ? 'rtl' : 'ltr')
  expect(await sidewaysPixels(page)).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  expect(await page.locator('main').innerText()).not.toMatch(/\b(name|reason|state|group|count)\.[a-z_]+\b|{{/)
})

test('nobody else finds it', async ({ site }) => {
  const page = await site.newPage()
  await page.goto('/health')
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
})
