import { lapseHolds } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aDoctorWithTimes, aPractice, dataOf, placesLeft } from './a-practice.ts'
import { confirm, hold, openHeld, openTimes, timeOf } from './booking-steps.ts'
import { axeFindings, expectReadable, type Site, startSite } from './harness.ts'
import { test } from './scene-test.ts'
import { browserTest } from './site-test.ts'

const notice = (page: Page) => page.getByRole('region', { name: 'Held time' })
const held = (page: Page) => page.getByRole('heading', { name: 'This time is held for you' })

async function statusesOf(site: Site, doctorId: string): Promise<string[]> {
  const { rows } = await site.database.ownerPool.query<{ status: string }>(
    'select status from holdfast.booking where resource_id = $1 order by id',
    [doctorId],
  )
  return rows.map(({ status }) => status)
}

test('a hold is shown on every page and in every tab, and is continued from there', async ({ site }) => {
  const practice = await aPractice(site, { doctorName: 'Dr Everywhere' })
  const page = await site.newPage({ viewport: { width: 390, height: 700 } })
  await openHeld(page, practice, '9:00')
  expect(await notice(page).count()).toBe(0)
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByRole('link', { name: 'Holdfast' }).click()
  await notice(page).getByText('Dr Everywhere', { exact: false }).waitFor()
  await notice(page)
    .getByText(/\d:\d\d left$/)
    .first()
    .waitFor()
  await expectReadable(page)

  // A tab that was opened later, and one that was open before.
  const tab = await page.context().newPage()
  await tab.goto('/sign-in')
  await notice(tab).waitFor()
  await notice(tab).getByRole('link', { name: 'Continue' }).click()
  await held(tab).waitFor()
  await tab.getByRole('button', { name: 'I need more time' }).click()
  await tab.getByText(/^More time was added/).waitFor({ state: 'attached' })
  await notice(page).getByRole('link', { name: 'Continue' }).click()
  await held(page).waitFor()
  await expect.poll(() => page.getByLabel('Full name').inputValue()).toBe('Grace Hopper')
  await confirm(page, 'Grace Hopper')
  // The other tab shows the ticket too, and offers no hold any more.
  await tab.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await tab.goto('/')
  await tab.getByRole('heading', { name: 'Find a doctor' }).waitFor()
  expect(await notice(tab).count()).toBe(0)
  expect(await statusesOf(site, practice.doctor.id)).toEqual(['CONFIRMED'])
})

test('taking another time releases the first one, also from another tab and with another doctor', async ({ site }) => {
  const practice = await aPractice(site)
  const other = await aDoctorWithTimes(site, practice.clinic, { doctorName: 'Dr Second Choice' })
  const page = await site.newPage()
  await openHeld(page, practice, '9:00')
  await page.goBack()
  await timeOf(page, '9:15').click()
  await held(page).waitFor()
  expect(await placesLeft(site, practice, practice.slots[0]?.id ?? '')).toBe(1)
  expect(await placesLeft(site, practice, practice.slots[1]?.id ?? '')).toBe(0)

  const tab = await page.context().newPage()
  await tab.goto(`/?clinicId=${practice.clinic.id}&q=Second+Choice`)
  await notice(tab).waitFor()
  await tab
    .getByRole('button', { name: /^Hold .*Dr Second Choice/ })
    .first()
    .click()
  await held(tab).waitFor()
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor()
  await notice(page).getByText('Dr Second Choice', { exact: false }).waitFor()
  await expect.poll(() => placesLeft(site, practice, practice.slots[1]?.id ?? '')).toBe(1)
  expect(await placesLeft(site, other, other.slots[0]?.id ?? '')).toBe(0)
  expect((await statusesOf(site, practice.doctor.id)).toSorted()).toEqual(['CANCELLED', 'CANCELLED'])
})

test('another time that somebody else just took leaves the first one held', async ({ site, practice }) => {
  // There is no service worker, which may take requests before the route does.
  const [page, other] = await Promise.all([site.newPage(), site.newPage()])
  await openHeld(page, practice, '9:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.goBack()
  await openTimes(other, practice)
  // The request for 9:15 is on its way until the other browser holds it.
  const taken = Promise.withResolvers<void>()
  await page.route('**/api/v1/bookings', async (route) => {
    await taken.promise
    await route.continue()
  })
  await timeOf(page, '9:15').click()
  await page.getByRole('heading', { name: 'Holding this time for you…' }).waitFor()
  await hold(other, '9:15')
  taken.resolve()
  await page.getByRole('heading', { name: 'That time has just gone' }).waitFor()
  await page.getByText(/^Still held for you: .*, 0?9:00\./).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await placesLeft(site, practice, practice.slots[0]?.id ?? '')).toBe(0)
  await page.getByRole('button', { name: 'Continue with this time' }).click()
  await held(page).waitFor()
  await expect.poll(() => page.getByLabel('Full name').inputValue()).toBe('Grace Hopper')
  await confirm(page, 'Grace Hopper')
  expect((await statusesOf(site, practice.doctor.id)).toSorted()).toEqual(['CONFIRMED', 'PENDING'])
})

browserTest(
  'where a clinic allows one hold, the first one is released before another',
  async ({ browser, onTestFinished }) => {
    const site = await startSite(browser, { HOLDFAST_RATE_LIMIT: 'on' })
    onTestFinished(() => site.stop())
    const practice = await aPractice(site)
    const path = { clinicId: practice.clinic.id }
    await dataOf(site.admin.updateBookingLimits({ path, body: { addressHoldsMax: 1 } }))
    const page = await site.newPage()
    await openHeld(page, practice, '9:00')
    await page.goBack()
    const statuses: number[] = []
    page.on('response', (response) => {
      if (response.url().endsWith('/api/v1/bookings')) statuses.push(response.status())
    })
    await timeOf(page, '9:15').click()
    await held(page).waitFor()
    await page.getByText(/, 0?9:15$/).waitFor()
    expect(statuses).toEqual([409, 201])
    expect((await statusesOf(site, practice.doctor.id)).toSorted()).toEqual(['CANCELLED', 'PENDING'])
    expect(await placesLeft(site, practice, practice.slots[0]?.id ?? '')).toBe(1)
  },
)

test('going back while another time is requested returns to the first hold', async ({ site, practice, page }) => {
  await openHeld(page, practice, '9:00')
  await page.goBack()
  await page.route('**/api/v1/bookings', (route) => route.abort())
  await timeOf(page, '9:15').click()
  await page.getByText('We retry automatically.', { exact: false }).waitFor()
  await page.getByRole('button', { name: 'Back to available times' }).click()
  await notice(page).getByRole('link', { name: 'Continue' }).click()
  await held(page).waitFor()
  await page.getByText(/, 0?9:00$/).waitFor()
  expect(await statusesOf(site, practice.doctor.id)).toEqual(['PENDING'])
})

test('a hold whose response comes after the patient went on to choose is released', async ({ site, practice }) => {
  // There is no service worker, which may take requests before the route does.
  const page = await site.newPage()
  await openTimes(page, practice)
  const left = Promise.withResolvers<void>()
  await page.route('**/api/v1/bookings', async (route) => {
    const response = await route.fetch()
    await left.promise
    await route.fulfill({ response })
  })
  await timeOf(page, '9:00').click()
  await page.getByRole('button', { name: 'Back to available times' }).click()
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor()
  await expect.poll(() => statusesOf(site, practice.doctor.id)).toEqual(['PENDING'])
  left.resolve()
  await expect.poll(() => statusesOf(site, practice.doctor.id)).toEqual(['CANCELLED'])
  expect(await notice(page).count()).toBe(0)
})

test('the notice goes when the hold ends', async ({ site }) => {
  const practice = await aPractice(site, { holdSeconds: 30 })
  const page = await site.newPage({ isNewContext: true })
  await page.clock.install()
  await openHeld(page, practice, '9:00')
  await page.getByRole('link', { name: 'Holdfast' }).click()
  await notice(page).waitFor()
  const [slot] = practice.slots
  const { rows } = await site.database.ownerPool.query<{ clinicNo: number }>(
    'select clinic_no as "clinicNo" from holdfast.slot where id = $1',
    [slot?.id],
  )
  expect(await lapseHolds(site.database, { clinicNo: rows[0]?.clinicNo ?? 0, id: slot?.id ?? '' })).toBe(1)
  await page.clock.fastForward(60_000)
  await notice(page).waitFor({ state: 'detached' })
})

test('confirming without a network is repeated by itself', async ({ site, practice }) => {
  // There is no service worker, which may take requests before the route does.
  const page = await site.newPage()
  await openHeld(page, practice, '9:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByLabel('Phone').fill('+44 1632 960 471')
  let requests = 0
  // The browser reports no change of the network: only the connection to the server is lost.
  await page.route('**/api/v1/bookings/*/confirm', async (route) => {
    requests += 1
    if (requests < 3) await route.abort()
    else await route.continue()
  })
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await page.getByText('We retry automatically.', { exact: false }).waitFor()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  expect(requests).toBe(3)
  expect(await statusesOf(site, practice.doctor.id)).toEqual(['CONFIRMED'])
})

test('confirming on a busy server is repeated after the time that it asks for', async ({ site, practice, page }) => {
  await openHeld(page, practice, '9:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByLabel('Phone').fill('+44 1632 960 471')
  const requestedAt: number[] = []
  const refusals = [
    { status: 429, headers: { 'Retry-After': '2' }, code: 'rate_limited' },
    { status: 503, headers: { 'Retry-After': '1' }, code: 'overloaded' },
    { status: 503, headers: { 'Retry-After': '1' }, code: 'unavailable' },
  ]
  await page.route('**/api/v1/bookings/*/confirm', async (route) => {
    const refusal = refusals[requestedAt.push(Date.now()) - 1]
    if (refusal === undefined) return await route.continue()
    const { status, headers, code } = refusal
    const json = { type: `urn:holdfast:problem:${code}`, title: 'Busy', status, detail: 'Busy.', code }
    await route.fulfill({ status, headers, contentType: 'application/problem+json', json })
  })
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await page.getByText('Too many requests').waitFor()
  await page.getByText('We retry automatically.', { exact: false }).waitFor()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  expect(requestedAt).toHaveLength(4)
  const [first = 0, second = 0] = requestedAt
  expect(second - first).toBeGreaterThanOrEqual(1_900)
  expect(await statusesOf(site, practice.doctor.id)).toEqual(['CONFIRMED'])
})

test('more time that cannot be requested says so in the countdown, and is requested again', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport: { width: 390, height: 500 } })
  await openHeld(page, practice, '9:00')
  await page.getByLabel('Reason for the appointment').scrollIntoViewIfNeeded()
  const keys = new Set<string | undefined>()
  let isOffline = true
  await page.route('**/api/v1/bookings/*/extend', async (route) => {
    keys.add(route.request().headers()['idempotency-key'])
    if (isOffline) await route.abort()
    else await route.continue()
  })
  const more = page.getByRole('button', { name: 'I need more time' })
  await more.click()
  const error = page.getByRole('alert').filter({ hasText: 'No connection' })
  await error.waitFor()
  const box = await error.boundingBox()
  expect(box?.y).toBeGreaterThanOrEqual(0)
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(500)
  await expectReadable(page)
  isOffline = false
  await page.getByText(/^More time was added/).waitFor({ state: 'attached' })
  await error.waitFor({ state: 'detached' })
  expect(keys.size).toBe(1)
})
