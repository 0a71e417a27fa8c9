import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, type ClinicScene } from './clinic-scene.ts'
import { axeFindings, type Site, signInPage, signUp } from './harness.ts'
import { codeOf } from './one-time-code.ts'
import { test } from './scene-test.ts'
import { addVirtualAuthenticator } from './virtual-authenticator.ts'

const requireFactor = (site: Site, { clinic }: ClinicScene) =>
  site.database.ownerPool.query('update holdfast.clinic set roles_need_second_factor = true where no = $1', [clinic.no])

/** Goes from the open dialog to the account page. */
async function setUpApp(page: Page, password: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Current password').fill(password)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  const secret = ((await dialog.locator('pre').textContent()) ?? '').replaceAll(' ', '')
  await dialog.getByLabel('Code from the app').fill(codeOf(secret))
  await dialog.getByRole('button', { name: 'Turn on' }).click()
  await dialog.getByRole('button', { name: 'I have saved them' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

test('who lacks a required second factor is told by which clinic, sets it up and is led back', async ({ site }) => {
  const scene = await aClinicScene(site, { clinic: 'Strict Clinic' })
  await requireFactor(site, scene)
  const page = await scene.open('staff', `/clinic/${scene.clinic.id}/bookings?status=CONFIRMED`)
  await page.waitForURL((url) => url.pathname === '/account')
  const notice = page.getByRole('alert').filter({ hasText: 'A second factor is needed' })
  await notice.getByText('Strict Clinic', { exact: false }).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await notice.getByRole('button', { name: 'Set up two-step sign-in' }).click()
  await setUpApp(page, scene.people.staff.password)
  const done = page.getByRole('status').filter({ hasText: 'Your second factor is set up' })
  await done.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL((url) => url.pathname.endsWith('/bookings') && url.searchParams.get('status') === 'CONFIRMED')
  await page.getByRole('heading', { level: 1, name: 'Bookings' }).waitFor()
})

test('an admin who has to set up a second factor before requiring one gets back to the settings', async ({ scene }) => {
  const page = await scene.open('admin', `/clinic/${scene.clinic.id}/settings`)
  await page.getByRole('switch', { name: 'Require a second factor' }).click()
  await page.getByRole('link', { name: 'Go to my account' }).click()
  await page.getByText('Then you can go back.', { exact: false }).waitFor()
  await page.getByRole('button', { name: 'Set up two-step sign-in' }).click()
  await setUpApp(page, scene.people.admin.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`**/clinic/${scene.clinic.id}/settings`)
})

test('a dialog without a password starts on its title, one with a password on that', async ({ site, page }) => {
  const account = await signUp(site.url, 'Tess')
  await signInPage(page, account, '/account')
  await page.getByRole('button', { name: 'Set up', exact: true }).click()
  await page.getByLabel('Current password').last().and(page.locator(':focus')).waitFor()
  await setUpApp(page, account.password)
  await page.getByRole('button', { name: 'Turn off' }).click()
  await page.getByRole('heading', { name: 'Turn two-step sign-in off?' }).and(page.locator(':focus')).waitFor()
})

/** Stands in for a browser that offers passkeys in fields, and for somebody who chooses one when `choose` is called. */
const autofillStub = `
  window.mediations = []
  const get = navigator.credentials.get.bind(navigator.credentials)
  PublicKeyCredential.isConditionalMediationAvailable = async () => true
  navigator.credentials.get = (options) => {
    window.mediations.push(options.mediation ?? 'dialog')
    if (options.mediation !== 'conditional') return get(options)
    return new Promise((resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal.reason))
      window.choose = () => get({ publicKey: options.publicKey }).then(resolve, reject)
    })
  }`

test('a passkey that is chosen in the browser’s autofill signs in', async ({ site }) => {
  const account = await signUp(site.url, 'Pam')
  const page = await site.newPage({ isNewContext: true })
  await addVirtualAuthenticator(page)
  await page.addInitScript({ content: autofillStub })
  await signInPage(page, account, '/account')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByRole('dialog').getByLabel('Current password').fill(account.password)
  await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click()
  await page.getByText('The passkey was added.').waitFor()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await page.waitForURL((url) => url.pathname === '/')

  await page.goto('/sign-in?to=/account')
  expect(await page.getByLabel('E-mail').getAttribute('autocomplete')).toBe('username webauthn')
  await page.waitForFunction(() => 'choose' in window)
  expect(await page.evaluate('window.mediations')).toEqual(['conditional'])
  await page.evaluate('window.choose()')
  await page.waitForURL((url) => url.pathname === '/account')
  await page
    .getByText(/^Last used/)
    .first()
    .waitFor()
})

test('the button still works while passkeys are offered in the field', async ({ site }) => {
  const page = await site.newPage({ isNewContext: true })
  await page.addInitScript({ content: autofillStub })
  await page.goto('/sign-in')
  await page.waitForFunction(() => 'choose' in window)
  // There is no authenticator: the browser refuses at once, or its person closes the dialog.
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await expect.poll(() => page.evaluate('window.mediations')).toContain('dialog')
})
