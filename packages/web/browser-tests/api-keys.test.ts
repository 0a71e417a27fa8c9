import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings, sidewaysPixels, untilRead } from './harness.ts'
import { test } from './site-test.ts'

test('an administrator creates an API key, sees it once, rotates it, ends the one before, and deletes it', async ({
  site,
}) => {
  const scene = await aClinicScene(site)
  const page = await scene.pageOf('admin')
  await page.goto(`/clinic/${scene.clinic.id}/api-keys`)
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
  await card.getByRole('button', { name: 'New secret: Laboratory' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'New secret' }).click()
  await expect.poll(shown).not.toBe(first)
  await card.getByRole('button', { name: 'End the secret before: Laboratory' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End the secret before' }).click()
  await page.getByText('Only the new secret is valid now.').waitFor()
  await page.reload()
  await card.waitFor()
  expect(await page.getByText('hfk_').count()).toBe(0)
  await page.setViewportSize({ width: 320, height: 640 })
  await untilRead(page)
  expect(await sidewaysPixels(page)).toBe(0)
  await card.getByRole('button', { name: 'Delete: Laboratory' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No API keys yet.').waitFor()
})
