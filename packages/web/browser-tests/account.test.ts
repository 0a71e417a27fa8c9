import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { signInContext } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels, signInPage, signUp, untilRead } from './harness.ts'
import type { PageOptions } from './page-pool.ts'
import { test } from './site-test.ts'

const commands = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const chosen = 'a password that I chose'

async function fillPassword(page: Page, current: string | null, next: string, again = next): Promise<void> {
  if (current !== null) await page.getByLabel(/^(Current password|Password you were given)$/).fill(current)
  await page.getByLabel('New password', { exact: true }).fill(next)
  await page.getByLabel('New password, again').fill(again)
  await page.getByRole('button', { name: 'Change password' }).click()
}

test('the password is changed on the account page, which signs out everywhere else; mistakes are explained', async ({
  site,
}) => {
  const account = await signUp(site.url, 'Ada')
  const other = await site.newPage()
  await signInPage(other, account)
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await signInPage(page, account, '/account')
  await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await fillPassword(page, account.password, 'short', 'shorter')
  await page.getByText('Please use at least 10 characters.').waitFor()
  await page.getByText('The two passwords differ.').waitFor()
  await fillPassword(page, account.password, account.password)
  await page.getByText('Choose a password that differs from the current one.').waitFor()
  await fillPassword(page, 'not this one', chosen)
  await page.getByText('This is not the current password.').waitFor()
  await fillPassword(page, account.password, 'password1234')
  await page.getByText('This password is easy to guess').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await fillPassword(page, account.password, chosen)
  await page.getByText('Your password has been changed.').waitFor()
  await other.goto('/account')
  await other.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
  await signInPage(other, { ...account, password: chosen }, '/account')
  await other.getByRole('heading', { name: 'Where you are signed in' }).waitFor()
})

/** The account page of somebody who is signed in on another device too. */
async function anAccountOnTwoDevices(site: Site, name: string, options: PageOptions = {}) {
  const account = await signUp(site.url, name)
  const [page, other] = [await site.newPage(options), await site.newPage()]
  for (const one of [other, page]) await signInContext(site, one, account)
  await page.goto('/account')
  return { account, page, other }
}

test('each session is listed and can be signed out, with the password', async ({ site }) => {
  const { account, page, other } = await anAccountOnTwoDevices(site, 'Bea')
  // As if it had signed in earlier.
  const aged = `update auth.session s set "createdAt" = now() - interval '1 hour'
    from auth."user" u where u.id = s."userId" and u.email = $1`
  await site.database.ownerPool.query(aged, [account.email])
  const sessions = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem')
  await sessions.nth(1).waitFor()
  await sessions.filter({ hasText: 'This device' }).getByText('Chrome').waitFor()
  await sessions.getByRole('button', { name: /^Sign out: Chrome/ }).click()
  const dialog = page.getByRole('dialog', { name: /^Sign out: Chrome/ })
  await dialog.getByLabel('Current password', { exact: true }).fill('not this one')
  await dialog.getByRole('button', { name: 'Sign out' }).click()
  await dialog.getByText('This is not the current password.').waitFor()
  await untilRead(page)
  expect(await axeFindings(page)).toEqual([])
  await dialog.getByLabel('Current password', { exact: true }).fill(account.password)
  await dialog.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('Signed out there.').waitFor()
  await expect.poll(() => sessions.count()).toBe(1)
  await other.goto('/account')
  await other.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
})

test('on a narrow screen the button that signs out elsewhere shows its text whole', async ({ site }) => {
  const phone = { viewport: { width: 390, height: 844 }, locale: 'de-DE' }
  const { page } = await anAccountOnTwoDevices(site, 'Eva', phone)
  const label = page
    .getByRole('button', { name: 'Auf allen anderen Geräten abmelden' })
    .locator('.mantine-Button-label')
  const { overflow, lineHeight, fontSize } = await label.evaluate((node) => {
    const { overflow, lineHeight, fontSize } = getComputedStyle(node)
    return { overflow, lineHeight, fontSize }
  })
  expect(overflow).toBe('visible')
  expect(Number.parseFloat(lineHeight)).toBeCloseTo(1.4 * Number.parseFloat(fontSize))
})

test('a password that somebody else chose is changed after signing in, before anything else', async ({ site }) => {
  const account = await signUp(site.url, 'Cleo')
  const mustChange = 'update auth."user" set "mustChangePassword" = true where email = $1'
  await site.database.ownerPool.query(mustChange, [account.email])
  const page = await site.newPage()
  await signInPage(page, account, '/account')
  await page.getByRole('heading', { name: 'Choose your own password' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.goto('/account')
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
  await signInPage(page, account, '/account')
  await fillPassword(page, account.password, account.password)
  await page.getByText('Choose a password that differs from the one you were given.').waitFor()
  await fillPassword(page, account.password, chosen)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await page.getByText(account.email).first().waitFor()
})

test('an administrator’s link sets a new password once', async ({ site }) => {
  const account = await signUp(site.url, 'Dora')
  const link = resetLink(site, account.email)
  const page = await site.newPage()
  await page.goto(link)
  await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await fillPassword(page, null, chosen)
  await page.waitForURL((url) => url.pathname === '/sign-in' && url.hash === '')
  await signInPage(page, { ...account, password: chosen }, '/account')
  await page.getByText(account.email).first().waitFor()
  const again = await site.newPage()
  await again.goto(link)
  await fillPassword(again, null, 'another one that I chose')
  await again.getByText('This link no longer works').waitFor()
})

/** The path of the link that `holdfast admin reset-password` prints. */
function resetLink(site: Site, email: string): string {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: site.database.ownerUrl,
    DATABASE_APP_URL: site.database.appUrl,
    HOLDFAST_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
  }
  const args = [commands, 'admin', 'reset-password', '--email', email, '--json']
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  const { link } = JSON.parse(stdout) as { link: string }
  return new URL(link).pathname + new URL(link).hash
}
