// Nightly: all pages, by axe
import { describe, expect } from 'vitest'
import { aPractice, dataOf, type Practice } from './a-practice.ts'
import { hold, openTimes } from './booking-steps.ts'
import { signInContext } from './clinic-scene.ts'
import { weaklyOutlined } from './focus-outlines.ts'
import { axeFindings, sidewaysPixels, signUp, untilRead } from './harness.ts'
import { blankPath } from './page-pool.ts'
import { test as siteTest } from './site-test.ts'

/** A clinic with a booking, and an account, for the pages to show. */
type Shown = { practice: Practice; ticket: string; account: { email: string; password: string } }

const test = siteTest.extend('shown', { scope: 'file' }, async ({ site }): Promise<Shown> => {
  const practice = await aPractice(site, { appointmentTypes: ['in_person', 'video'] })
  const account = await signUp(site.url, 'Ada Lovelace')
  const [first = { id: '' }, second = { id: '' }] = practice.slots
  const booking = await dataOf(
    site.admin.createBooking({ body: { slotId: first.id, patient: { name: 'Grace' }, confirm: true } }),
  )
  await dataOf(site.admin.createBooking({ body: { slotId: second.id, patient: { name: 'Somebody' }, confirm: true } }))
  return { practice, account, ticket: `/ticket#${booking.id}.${booking.manageToken}` }
})

type OpenPage = { path: (shown: Shown) => string; heading: RegExp; isSignedIn?: boolean }

const pages: Record<string, OpenPage> = {
  'find a doctor': { path: () => '/', heading: /.+/ },
  'nobody found': { path: () => '/?q=nobody-has-this-name', heading: /.+/ },
  times: { path: ({ practice }) => `/doctors/${practice.doctor.id}`, heading: /Okafor/ },
  'an unknown doctor': { path: () => '/doctors/00000000-0000-8000-8000-000000000000', heading: /^$/ },
  ticket: { path: ({ ticket }) => ticket, heading: /.+/ },
  'a cut link': { path: () => '/ticket#cut', heading: /.+/ },
  'a cut link to confirm': { path: () => '/confirm#cut', heading: /.+/ },
  'a cut link to leave a waitlist': { path: () => '/leave-waitlist#cut', heading: /.+/ },
  'a cut link to turn reminders off': { path: () => '/reminders#cut', heading: /.+/ },
  'sign in': { path: () => '/sign-in', heading: /.+/ },
  'sign up': { path: () => '/sign-up', heading: /.+/ },
  'a new password': { path: () => '/new-password', heading: /.+/ },
  'a forgotten password': { path: () => '/forgot-password', heading: /.+/ },
  'an incomplete link for a new password': { path: () => '/reset-password#cut', heading: /.+/ },
  'a cut link to confirm an address': { path: () => '/confirm-email#cut', heading: /.+/ },
  'a cut link to undo a change of the address': { path: () => '/undo-email#cut', heading: /.+/ },
  'an incomplete invitation': { path: () => '/invitation#cut', heading: /.+/ },
  'find my waitlist entry': { path: () => '/find-waitlist-entry', heading: /.+/ },
  'find my booking': { path: () => '/find-booking', heading: /.+/ },
  'my bookings as a guest': { path: () => '/my-bookings', heading: /.+/ },
  'my bookings': { path: () => '/my-bookings', heading: /.+/, isSignedIn: true },
  account: { path: () => '/account', heading: /.+/, isSignedIn: true },
  'people under one account': { path: () => '/account/people', heading: /.+/, isSignedIn: true },
  nowhere: { path: () => '/nowhere', heading: /.+/ },
}

describe.each(Object.entries(pages))('%s', (_name, { path, heading, isSignedIn }) => {
  test('axe finds no violation in either colour scheme, the page fits on 320 pixels, and the focus is seen', async ({
    site,
    shown,
  }) => {
    const page = await site.newPage()
    if (isSignedIn) await signInContext(site, page, shown.account)
    await page.goto(path(shown))
    const text =
      heading.source === '^$' ? page.getByRole('alert') : page.getByRole('heading', { level: 1, name: heading })
    await text.first().waitFor()
    await untilRead(page)
    expect(await axeFindings(page, 'all')).toEqual([])
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await sidewaysPixels(page)).toBe(0)
    expect(await weaklyOutlined(page)).toEqual([])
  })
})

test.for(['de-DE', 'ar-EG'])(
  'in %s the pages fit on a phone, axe finds nothing, and no text is a key',
  async (locale, { site, shown: { practice, ticket, account } }) => {
    const page = await site.newPage({ locale, viewport: { width: 320, height: 640 } })
    await signInContext(site, page, account)
    for (const path of [
      '/',
      `/doctors/${practice.doctor.id}`,
      ticket,
      '/forgot-password',
      '/account',
      '/account/people',
      '/new-password',
    ]) {
      await page.goto(blankPath)
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await untilRead(page)
      expect(await page.locator('html').getAttribute('dir')).toBe(locale.startsWith('ar') ? 'rtl' : 'ltr')
      expect(await sidewaysPixels(page), path).toBe(0)
      expect(await axeFindings(page), path).toEqual([])
      expect(await page.locator('body').innerText(), path).not.toMatch(/\b[a-z]+\.[a-z]+[A-Z]\w*\b|{{/)
    }
  },
)

test('during a hold, after it was lost, and in the dialogs: axe finds no violation, also on a phone', async ({
  site,
  shown: { practice, ticket },
}) => {
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await openTimes(page, practice)
  await hold(page, '9:30')
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await page.getByRole('button', { name: 'Choose another time' }).click()
  await page.route('**/api/v1/bookings', (route) =>
    route.fulfill({
      status: 409,
      contentType: 'application/problem+json',
      json: {
        type: 'urn:holdfast:problem:slot_full',
        title: '',
        status: 409,
        detail: '',
        code: 'slot_full',
        alternatives: practice.slots.slice(3, 6),
      },
    }),
  )
  await page.getByRole('button', { name: /^0?9:45$/ }).click()
  await page.getByText('These nearby times').waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await page.goto(ticket)
  await page.getByRole('button', { name: 'Cancel appointment' }).click()
  await page.getByRole('dialog').waitFor()
  expect(await axeFindings(page)).toEqual([])
  await page.getByRole('button', { name: 'Keep appointment' }).click()
})

test('negative control: planted violations are found, and a planted box that is too wide', async ({ site }) => {
  const page = await site.newPage({ viewport: { width: 320, height: 640 } })
  await page.goto('/')
  await page.getByRole('heading', { level: 1 }).waitFor()
  const plant = (html: string) =>
    page.evaluate((planted) => document.querySelector('main')?.insertAdjacentHTML('beforeend', planted), html)
  await plant('<button></button>')
  expect((await axeFindings(page)).join()).toMatch(/button-name/)
  expect(await sidewaysPixels(page)).toBe(0)
  await plant('<div style="width:330px;height:1px"></div>')
  expect(await sidewaysPixels(page)).toBeGreaterThan(0)
})

test('negative control: a text that is hard to read in one colour scheme is found in that one', async ({ site }) => {
  for (const scheme of ['light', 'dark']) {
    const page = await site.newPage()
    await page.goto('/')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.evaluate((hard) => {
      const [color, ground] = hard === 'light' ? ['#bbb, #fff', '#fff, #000'] : ['#000, #555', '#fff, #444']
      const style = `color-scheme: light dark; color: light-dark(${color}); background: light-dark(${ground})`
      document.querySelector('main')?.insertAdjacentHTML('beforeend', `<p style="${style}">Planted</p>`)
    }, scheme)
    // The second check begins with the dark scheme.
    for (const first of ['light', 'dark']) {
      const [found = '', ...others] = await axeFindings(page)
      expect(found, `${first} first`).toMatch(new RegExp(`^${scheme}: color-contrast: .*Planted`))
      expect(others, `${first} first`).toEqual([])
    }
  }
})
