import { signedInAgo } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aClinicScene } from './clinic-scene.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('an hour after signing in, what lasts longer than a session needs the password', async ({ site }) => {
  const scene = await aClinicScene(site)
  const { email, password } = scene.people.admin
  const page = await scene.pageOf('admin')
  await signedInAgo(site.database, email)
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
  const confirm = async () => {
    await dialog.getByLabel('Current password').fill(password)
    await dialog.getByRole('button', { name: 'Continue' }).click()
    await dialog.waitFor({ state: 'detached' })
  }
  await page.goto(`/clinic/${scene.clinic.id}/people`)
  await page.getByLabel('E-mail').fill('new@example.org')
  await page.getByRole('button', { name: 'Create invitation' }).click()
  await dialog.waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  await confirm()
  await page.getByRole('region', { name: 'Send this link to new@example.org' }).waitFor()

  const role = page.getByLabel('Role of Sam')
  await role.selectOption('admin')
  await dialog.getByRole('button', { name: 'Go back' }).click()
  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => role.inputValue()).toBe('staff')
  await role.selectOption('admin')
  await confirm()
  await expect.poll(() => role.inputValue()).toBe('admin')

  await page.goto(`/clinic/${scene.clinic.id}/webhooks`)
  await page.getByLabel('URL').fill('https://hooks.example.org/')
  await page.getByRole('button', { name: 'Add webhook' }).click()
  await confirm()
  await page.getByRole('region', { name: /^The secret/ }).waitFor()

  await page.goto(`/clinic/${scene.clinic.id}/settings`)
  const section = page.getByRole('region', { name: 'Calendar link' })
  await section.getByRole('button', { name: 'Create a link' }).click()
  await confirm()
  await section.getByLabel('Link', { exact: true }).waitFor()
})
