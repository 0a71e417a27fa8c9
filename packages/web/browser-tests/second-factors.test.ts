import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings, closeBy, expectReadable, type Site, signInPage, signUp, untilRead } from './harness.ts'
import { codeOf } from './one-time-code.ts'
import { test } from './scene-test.ts'
import { addVirtualAuthenticator } from './virtual-authenticator.ts'

type Account = { email: string; password: string }

/** Tests do not wait for the next code. */
const forgetUsedCodes = ({ database }: Site) => database.ownerPool.query('update auth.totp set "lastStep" = 0')

/** @returns the secret and the recovery codes */
async function setUpApp(page: Page, account: Account): Promise<{ secret: string; codes: string[] }> {
  await page.getByRole('button', { name: 'Set up', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Current password').fill(account.password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  const secret = ((await dialog.locator('pre').textContent()) ?? '').replaceAll(' ', '')
  await dialog.getByLabel('Code from the app').fill(codeOf(secret))
  await dialog.getByRole('button', { name: 'Turn on' }).click()
  await dialog.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  const codes = ((await dialog.locator('pre').textContent()) ?? '').split('\n')
  await untilKept(page)
  return { secret, codes }
}

/** The codes are not shown again: nothing but the button closes their dialog. */
async function untilKept(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Your recovery codes' })
  const title = dialog.getByRole('heading', { name: 'Your recovery codes' })
  await expect.poll(() => title.evaluate((node) => node === document.activeElement)).toBe(true)
  expect(await dialog.getByRole('button', { name: 'Close' }).count()).toBe(0)
  await page.keyboard.press('Escape')
  await page.mouse.click(5, 5)
  expect(await dialog.locator('pre').isVisible()).toBe(true)
  await dialog.getByRole('button', { name: 'I have saved them' }).click()
  // While it closes, it has no name any more.
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

async function enterPassword(page: Page, { email, password }: Account): Promise<void> {
  await page.goto('/sign-in?to=/account')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
}

test('an authenticator app is set up, asked for at sign-in, replaced by recovery codes, and turned off', async ({
  site,
}) => {
  const account = await signUp(site.url, 'Ada')
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await signInPage(page, account, '/account')
  await untilRead(page)
  await page.getByRole('button', { name: 'Set up', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Current password').fill('not this one')
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await dialog.getByText('This is not the current password.').waitFor()
  await page.keyboard.press('Escape')
  await closeBy(dialog, 'Close without saving')
  const { secret, codes: firstCodes } = await setUpApp(page, account)
  expect(firstCodes).toHaveLength(10)
  await page.getByText('Recovery codes left: 10').waitFor()
  await expectReadable(page)
  await forgetUsedCodes(site)
  await page.getByRole('button', { name: 'New recovery codes' }).click()
  await dialog.getByRole('button', { name: 'Create codes' }).click()
  await dialog.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  const codes = ((await dialog.locator('pre').textContent()) ?? '').split('\n')
  expect(codes).toHaveLength(10)
  await untilKept(page)

  const other = await site.newPage({ viewport: { width: 320, height: 640 } })
  await enterPassword(other, account)
  const field = other.getByLabel('Code from the app')
  await expect.poll(() => field.evaluate((node) => node === document.activeElement)).toBe(true)
  expect(await field.getAttribute('autocomplete')).toBe('one-time-code')
  expect(await field.getAttribute('inputmode')).toBe('numeric')
  await other.keyboard.type(codeOf(secret) === '000000' ? '111111' : '000000')
  await other.keyboard.press('Enter')
  await other.getByText('This code is wrong or too old.').waitFor()
  await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true')
  await expectReadable(other)
  // The wrong code is selected: typing replaces it.
  await other.keyboard.type(codeOf(secret))
  await other.keyboard.press('Enter')
  await other.waitForURL((url) => url.pathname === '/account')

  const third = await site.newPage()
  await enterPassword(third, account)
  await third.getByRole('button', { name: 'Use a recovery code' }).click()
  await third.getByLabel('Recovery code', { exact: true }).fill(codes[0] ?? '')
  await third.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
  await third.getByText('Recovery codes left: 9').waitFor()
  await third.getByRole('button', { name: 'Turn off' }).click()
  await third.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click()
  await third.getByText('Two-step sign-in is off.').waitFor()
  await signInPage(await site.newPage(), account, '/account')
})

/**
 * A device that has a PIN, a finger or a face, and always confirms. It would also confirm what the sign-in page offers
 * in the field for the address, and so sign in before anybody presses the button.
 */
async function addAuthenticator(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (typeof PublicKeyCredential === 'undefined') return
    PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })
  await addVirtualAuthenticator(page)
}

test('a passkey is added, named, used to sign in, and removed', async ({ site, page }) => {
  const account = await signUp(site.url, 'Bea')
  await addAuthenticator(page)
  await signInPage(page, account, '/account')
  const passkeys = page.getByRole('region', { name: 'Passkeys' })
  await passkeys.getByText('No passkeys yet.').waitFor()
  await passkeys.getByRole('button', { name: 'Add a passkey' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('My laptop')
  await dialog.getByLabel('Current password').fill(account.password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('The passkey was added.').waitFor()
  await dialog.waitFor({ state: 'detached' })
  await passkeys.getByRole('button', { name: 'Rename: My laptop' }).click()
  await dialog.getByLabel('Name').fill('Work laptop')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await passkeys.getByText('Work laptop').waitFor()
  await dialog.waitFor({ state: 'detached' })
  expect(await axeFindings(page)).toEqual([])

  await page.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await page.waitForURL((url) => url.pathname === '/')
  await page.goto('/sign-in?to=/account')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL((url) => url.pathname === '/account')
  await passkeys.getByText(/^Last used/).waitFor()
  await passkeys.getByRole('button', { name: 'Remove: Work laptop' }).click()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await page.getByText('The passkey was removed.').waitFor()

  await page.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await page.waitForURL((url) => url.pathname === '/')
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('The passkey was not accepted').waitFor()
})

test('at another address than its own, the site says where passkeys work', async ({ site, page }) => {
  const account = await signUp(site.url, 'Cleo')
  const elsewhere = site.url.replace('localhost', '127.0.0.1')
  await addAuthenticator(page)
  await page.goto(`${elsewhere}/sign-in?to=/account`)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('Passkeys don’t work at this address').waitFor()
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText(`Passkeys work only at ${site.url}.`).waitFor()
})
