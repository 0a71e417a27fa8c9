import { signedInAgo } from '@holdfast/testkit'
import { expect } from 'vitest'
import { axeFindings, expectFits } from './harness.ts'
import { test } from './scene-test.ts'

test('an administrator creates an API key, sees it once, rotates it, ends the one before, and deletes it', async ({
  scene,
}) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/api-keys`)
  await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor()
  await page.getByText('No API keys yet.').waitFor()
  const form = page.getByRole('region', { name: 'Create an API key' })
  await form.getByLabel('Name of the system').fill('Laboratory')
  await form.getByRole('button', { name: 'Create key' }).click()
  await form.getByText('Choose at least one.').waitFor()
  await form.getByRole('checkbox', { name: /^Search and read patient records/ }).check()
  await form.getByRole('textbox', { name: 'Last day' }).fill('31/12/2099')
  await form.getByRole('button', { name: 'Create key' }).click()
  const secret = page.getByRole('region', { name: 'The key of Laboratory' })
  const shown = () => secret.getByLabel('API key', { exact: true }).inputValue()
  const first = await shown()
  expect(first).toMatch(/^hfk_/)
  const card = page.getByRole('region', { name: 'Laboratory', exact: true })
  await card.getByText('Never used').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await card.getByRole('button', { name: 'Renew key: Laboratory' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Renew key' }).click()
  await expect.poll(shown).not.toBe(first)
  await card.getByRole('button', { name: 'End the former key: Laboratory' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End the former key' }).click()
  await page.getByText('Only the new key is valid now.').waitFor()
  await page.reload()
  await card.waitFor()
  expect(await page.getByText('hfk_').count()).toBe(0)
  await expectFits(page, { width: 320, height: 640 })
  await card.getByRole('button', { name: 'Delete: Laboratory' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No API keys yet.').waitFor()
})

test('ten minutes after signing in, a new key and a new secret need the password', async ({ site, scene }) => {
  const { email, password } = scene.people.admin
  const page = await scene.pageOf('admin')
  await signedInAgo(site.database, email)
  await page.goto(`/clinic/${scene.clinic.id}/api-keys`)
  const form = page.getByRole('region', { name: 'Create an API key' })
  await form.getByLabel('Name of the system').fill('Laboratory')
  await form.getByRole('checkbox', { name: /^Search and read patient records/ }).check()
  await form.getByRole('button', { name: 'Create key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await dialog.getByText('You signed in a while ago.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByLabel('Current password').fill('a wrong password')
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await dialog.getByText('This is not the current password.').waitFor()
  await dialog.getByLabel('Current password').fill(password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  const secret = page.getByRole('region', { name: 'The key of Laboratory' })
  const shown = () => secret.getByLabel('API key', { exact: true }).inputValue()
  const first = await shown()
  await dialog.waitFor({ state: 'detached' })
  const card = page.getByRole('region', { name: 'Laboratory', exact: true })
  await card.getByRole('button', { name: 'Renew key: Laboratory' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Renew key' }).click()
  await dialog.getByLabel('Current password').fill(password)
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByLabel('Current password').press('Enter')
  await expect.poll(shown).not.toBe(first)
  await dialog.waitFor({ state: 'detached' })
})

test('an expired key has no button for a new secret', async ({ site, scene }) => {
  const page = await scene.pageOf('admin')
  const created = await page.context().request.post(`${site.url}/api/v1/clinics/${scene.clinic.id}/api-keys`, {
    data: { name: 'Laboratory', scopes: ['times:read'] },
    headers: { origin: site.url },
  })
  expect(created.status()).toBe(201)
  const card = page.getByRole('region', { name: 'Laboratory', exact: true })
  await page.goto(`/clinic/${scene.clinic.id}/api-keys`)
  await card.getByRole('button', { name: 'Renew key: Laboratory' }).waitFor()
  const expired = "update holdfast.api_key set expires_at = now() - interval '1 hour' where clinic_no = $1"
  await site.database.ownerPool.query(expired, [scene.clinic.no])
  await page.reload()
  await card.getByText('Expired:').waitFor()
  expect(await card.getByRole('button', { name: 'Renew key: Laboratory' }).count()).toBe(0)
})
