import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { signInContext } from './clinic-scene.ts'
import { axeFindings, type Site, sidewaysPixels, signInPage, signUp, untilRead } from './harness.ts'
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
  await page.getByText('The password is changed.').waitFor()
  await other.goto('/account')
  await other.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
  await signInPage(other, { ...account, password: chosen }, '/account')
  await other.getByRole('heading', { name: 'Where you are signed in' }).waitFor()
})

test('each session is listed and can be signed out', async ({ site }) => {
  const account = await signUp(site.url, 'Bea')
  const [page, other] = [await site.newPage(), await site.newPage()]
  await signInContext(site, other, account)
  await signInContext(site, page, account)
  await page.goto('/account')
  const sessions = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem')
  await sessions.nth(1).waitFor()
  await sessions.filter({ hasText: 'This device' }).getByText('Chrome').waitFor()
  await sessions.getByRole('button', { name: /^Sign out: Chrome/ }).click()
  await page.getByText('Signed out there.').waitFor()
  await expect.poll(() => sessions.count()).toBe(1)
  await other.goto('/account')
  await other.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
})

test('on a narrow screen the button that signs out elsewhere shows its text whole', async ({ site }) => {
  const account = await signUp(site.url, 'Eva')
  await signInContext(site, await site.newPage(), account)
  const page = await site.newPage({ viewport: { width: 390, height: 844 }, locale: 'de-DE' })
  await signInContext(site, page, account)
  await page.goto('/account')
  const label = page.getByRole('button', { name: 'Überall sonst abmelden' }).locator('.mantine-Button-label')
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
  await page.getByText(account.email).waitFor()
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
  await page.getByText(account.email).waitFor()
  const again = await site.newPage()
  await again.goto(link)
  await fillPassword(again, null, 'another one that I chose')
  await again.getByText('This link does not work any more').waitFor()
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
