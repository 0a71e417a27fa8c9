import { createHoldfastClient } from '@holdfast/contract/client'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, dataOf, type Practice } from './a-practice.ts'
import { bookTime, copiedLink, openMore } from './booking-steps.ts'
import { signInContext } from './clinic-scene.ts'
import { anAddress, axeFindings, expectReadable, type Site, signInPage, signUp } from './harness.ts'
import { test as siteTest } from './site-test.ts'

const test = siteTest.extend('practice', ({ site }) => aPractice(site, { slotCount: 12 }))

/** The link of a guest's new booking, and its secret. */
async function aGuestsTicket(
  site: Site,
  practice: Practice,
  index: number,
): Promise<{ address: string; secret: string }> {
  const slotId = practice.slots[index]?.id ?? ''
  const booking = await dataOf(
    createHoldfastClient({ baseUrl: site.url }).createBooking({
      body: { slotId, patient: { name: 'Grace Hopper' }, confirm: true },
    }),
  )
  return { address: `/ticket#${booking.id}.${booking.manageToken}`, secret: booking.manageToken ?? '' }
}

const offer = (page: Page) => page.getByRole('region', { name: 'Add this appointment to your account' })
const linked = (page: Page) => page.getByText('This appointment is in your account.', { exact: false })

test('a guest books, signs up from the ticket, and has the booking in the account; no request has the secret', async ({
  site,
  practice,
}) => {
  const page = await site.newPage()
  const requests: string[] = []
  page.on('request', (request) => requests.push(`${request.url()} ${request.headers().referer ?? ''}`))
  await bookTime(page, practice, '9:00', 'Grace Hopper')
  const address = page.url()
  const link = await copiedLink(page)
  const [, secret = ''] = /\.(hfm_.+)$/.exec(link) ?? []
  expect(secret).toMatch(/^hfm_/)
  await offer(page).waitFor()
  expect(await axeFindings(page)).toEqual([])
  await offer(page).getByRole('link', { name: 'Sign in and add it' }).click()
  // From the sign-in page a guest reaches the sign-up page, which also leads back to the ticket.
  await page.getByRole('link', { name: 'Create one' }).click()
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByLabel('E-mail').fill(anAddress())
  await page.getByLabel('Password', { exact: true }).fill('a password of the tests')
  await page.getByRole('button', { name: 'Create account' }).click()
  await linked(page).waitFor()
  expect(page.url()).toBe(address)
  await page.getByText('You can view and cancel it here while you are signed in.').waitFor()
  expect(await page.getByRole('button', { name: 'Copy link' }).count()).toBe(0)
  expect(await page.getByText('Copy the link', { exact: false }).count()).toBe(0)
  await page.getByText('You will find it in “My appointments”.').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('link', { name: 'See all your appointments' }).click()
  await page.getByRole('listitem').filter({ hasText: practice.doctor.name }).waitFor()
  expect(requests.filter((line) => line.includes(secret.slice(4, 20)))).toEqual([])
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(secret)
  // The link no longer works for others who have it. For the account, it leads to the booking.
  const guest = await site.open(link)
  await guest.getByText('Appointment not found').waitFor()
  await page.goto(link)
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await page.goto('about:blank')
  await page.goto(link.replace('/ticket#', '/ticket?cancel=true#'))
  await page.getByRole('dialog', { name: 'Cancel this appointment?' }).waitFor()
})

test('a signed-in user links the booking with one click; for another account the link is void', async ({
  site,
  practice,
}) => {
  const { address } = await aGuestsTicket(site, practice, 1)
  const [ada, bea] = [await signUp(site.url, 'Ada'), await signUp(site.url, 'Bea')]
  const first = await site.newPage()
  await signInContext(site, first, ada)
  await first.goto(address)
  await offer(first).getByRole('button', { name: 'Add to my account' }).click()
  await linked(first).waitFor()
  // The focus moves to the text that replaced the button.
  await first.locator('p:focus', { hasText: 'This appointment is in your account.' }).waitFor()
  await first.reload()
  await linked(first).waitFor()
  await first.getByRole('link', { name: 'See all your appointments' }).click()
  await first.getByRole('listitem').filter({ hasText: practice.doctor.name }).waitFor()

  const second = await site.newPage({ viewport: { width: 320, height: 640 } })
  await signInContext(site, second, bea)
  await second.goto(address)
  await second.getByText('Appointment not found').waitFor()
  await expectReadable(second)
  await second.goto('/my-bookings')
  await second.getByText('No upcoming appointments').waitFor()
})

test('opening a URL links nothing: a ticket from somebody else is linked only on request', async ({
  site,
  practice,
}) => {
  const { address } = await aGuestsTicket(site, practice, 2)
  const account = await signUp(site.url, 'Cleo')
  const page = await site.newPage()
  await signInContext(site, page, account)
  await page.goto(address)
  await offer(page).waitFor()
  await page.goto('/my-bookings')
  await page.getByText('No upcoming appointments').waitFor()
  // Neither does returning without having signed in: that withdraws the request.
  await page.goto('/account')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  await page.goto(address)
  await offer(page).getByRole('link', { name: 'Sign in and add it' }).click()
  await page.waitForURL('**/sign-in**')
  await page.goBack()
  await offer(page).waitFor()
  await signInPage(page, account)
  await page.goto(address)
  await offer(page).getByRole('button', { name: 'Add to my account' }).waitFor()
})

test('going back before the sign-in page has loaded withdraws the request too', async ({ site, practice }) => {
  const { address } = await aGuestsTicket(site, practice, 4)
  const account = await signUp(site.url, 'Eve')
  const page = await site.open(address)
  const isStillThere = await offer(page)
    .getByRole('link', { name: 'Sign in and add it' })
    .evaluate(async (link: HTMLElement) => {
      link.click()
      while (location.pathname !== '/sign-in') await Promise.resolve()
      history.back()
      await new Promise((resolve) => window.addEventListener('popstate', resolve, { once: true }))
      return link.isConnected
    })
  expect(isStillThere).toBe(true)
  await signInPage(page, account)
  await page.goto(address)
  await offer(page).getByRole('button', { name: 'Add to my account' }).waitFor()
})

test('the ticket of an account’s booking asks signed-out users to sign in, and leads back', async ({
  site,
  practice,
}) => {
  const account = await signUp(site.url, 'Dora')
  const page = await site.newPage()
  await signInContext(site, page, account)
  await bookTime(page, practice, '9:45', 'Dora')
  await page.getByRole('link', { name: 'My appointments' }).click()
  await page.getByRole('link', { name: 'Open ticket' }).click()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  const address = page.url()
  await page.context().clearCookies()
  await page.goto('about:blank')
  await page.goto(address)
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  expect(page.url()).toBe(address)
})

test('a kept ticket whose token is void can be forgotten', async ({ site, practice }) => {
  const { address } = await aGuestsTicket(site, practice, 10)
  const guest = await site.open(address, { isNewContext: true })
  await openMore(guest)
  await guest.getByRole('button', { name: 'Keep on this device' }).click()
  await guest.getByText('This ticket is kept on this device.', { exact: false }).waitFor()
  const page = await site.newPage()
  await signInContext(site, page, await signUp(site.url, 'Erna'))
  await page.goto(address)
  await page.getByRole('button', { name: 'Add to my account' }).click()
  await linked(page).waitFor()
  await guest.goto('about:blank')
  await guest.goto(address.replace(/\.hfm_.*$/, ''))
  await guest.getByText('Appointment not found').waitFor()
  await guest.getByText('Links work until a day after the appointment', { exact: false }).waitFor()
  expect(await axeFindings(guest)).toEqual([])
  await guest.getByRole('button', { name: 'Forget on this device' }).click()
  await guest.getByText('Forgotten on this device.', { exact: false }).waitFor()
  await guest.goto(address.replace(/\.hfm_.*$/, ''))
  await guest.getByText('This address alone does not open the ticket').waitFor()
})
