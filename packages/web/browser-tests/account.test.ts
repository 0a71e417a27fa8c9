import { spawnSync } from 'node:child_process'
import { createHmac, hkdfSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { aBooking, aClinic, aDoctor, aSlot, signedInAgo } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { signInContext } from './clinic-scene.ts'
import { axeFindings, expectReadable, type Site, signInPage, signUp, untilRead } from './harness.ts'
import type { PageOptions } from './page-pool.ts'
import { test } from './scene-test.ts'

const commands = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const chosen = 'a password that I chose'
const siteSecret = 'a-secret-of-the-tests-that-is-long-enough'

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
  await expectReadable(page)
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
  await signedInAgo(site.database, account.email)
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

test('an administrator’s link sets a new password once', async ({ site, page }) => {
  const account = await signUp(site.url, 'Dora')
  const link = resetLink(site, account.email)
  await page.goto(link)
  await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await fillPassword(page, null, chosen)
  await page.waitForURL((url) => url.pathname === '/sign-in' && url.hash === '')
  await signInPage(page, { ...account, password: chosen }, '/account')
  await page.getByText(account.email).first().waitFor()
  const again = await site.open(link)
  await fillPassword(again, null, 'another one that I chose')
  await again.getByText('This link no longer works').waitFor()
  await again.getByRole('link', { name: 'Get a new link' }).click()
  await again.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
})

/** The path of the link that `holdfast admin reset-password` prints. */
function resetLink(site: Site, email: string): string {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: site.database.ownerUrl,
    DATABASE_APP_URL: site.database.appUrl,
    HOLDFAST_SECRET: siteSecret,
  }
  const args = [commands, 'admin', 'reset-password', '--email', email, '--json']
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  const { link } = JSON.parse(stdout) as { link: string }
  return new URL(link).pathname + new URL(link).hash
}

/** The page of the link in a reminder. */
function remindersPage(bookingId: string, email: string): string {
  const key = Buffer.from(hkdfSync('sha256', siteSecret, '', 'holdfast/unsubscribe-token', 32))
  return `/reminders#${bookingId}.hfu_${createHmac('sha256', key).update(`${bookingId} ${email}`).digest('base64url')}`
}

test('messages are chosen on the account page, which shows and undoes what a link has turned off', async ({ site }) => {
  const account = await signUp(site.url, 'Mia')
  const clinicName = 'Harbour Clinic'
  const doctor = await aDoctor(site.database, await aClinic(site.database, { name: clinicName }))
  const patient = { name: 'Mia', email: account.email }
  const booking = await aBooking(site.database, await aSlot(site.database, doctor), { patient })
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await signInContext(site, page, account)
  const turnOffByLink = async () => {
    const linked = await site.newPage()
    await linked.goto(remindersPage(booking.id, account.email))
    await linked.getByRole('button', { name: 'No more reminders' }).click()
    await linked.getByText(`You will get no more reminders from ${clinicName}.`).waitFor()
    return linked
  }
  const linked = await turnOffByLink()

  await page.goto('/account')
  const section = page.getByRole('region', { name: 'Messages about your appointments' })
  await section.getByRole('switch', { name: 'Reminders by e-mail' }).waitFor()
  await untilRead(page)
  const hint = section.getByText('Confirm your e-mail address to see here')
  // Nobody can confirm an address where no e-mails are sent.
  expect(await hint.count()).toBe(0)
  await page.route('**/api/auth/email', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), canSend: true } })
  })
  await page.reload()
  // Until the address is confirmed, it may be anybody's.
  await hint.waitFor()
  expect(await section.getByText(clinicName).count()).toBe(0)
  await page.unroute('**/api/auth/email')
  await site.database.ownerPool.query('update auth."user" set "emailVerified" = true where email = $1', [account.email])
  await page.reload()
  await section.getByText(clinicName).waitFor()
  await untilRead(page)
  await expectReadable(page)
  await section.getByRole('button', { name: `Turn on reminders from ${clinicName}` }).click()
  await page.getByText(`You will get reminders from ${clinicName} again.`).waitFor()
  await section.getByText(clinicName).waitFor({ state: 'hidden' })

  await section.getByRole('switch', { name: 'Reminders by e-mail' }).uncheck()
  await section.getByLabel('Moved appointments').uncheck()
  await section.getByLabel('Language of messages').selectOption('Deutsch')
  await section.getByRole('button', { name: 'Save choices' }).click()
  await page.getByText('Your choices have been saved.').waitFor()
  await page.reload()
  await section.getByRole('switch', { name: 'Reminders by e-mail' }).waitFor()
  await untilRead(page)
  expect(await section.getByRole('switch', { name: 'Reminders by e-mail' }).isChecked()).toBe(false)
  expect(await section.getByLabel('Moved appointments').isChecked()).toBe(false)
  expect(await section.getByLabel('Cancellations').isChecked()).toBe(true)
  expect(await section.getByLabel('Language of messages').inputValue()).toBe('de')

  // The link turns on only what it has turned off, and says so.
  await linked.getByRole('button', { name: 'Send me reminders again' }).click()
  await linked.getByText('But the account of this appointment has turned off reminders by e-mail.').waitFor()
})
