// Nightly: each order in which the responses to marks arrive
import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page, Request, Route } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { axeFindings, type Site, untilDrawn, untilFocused } from './harness.ts'
import type { PageOptions } from './page-pool.ts'
import { test } from './site-test.ts'

const coming = () => new Date(Date.now() + 2 * 86_400_000)
const begun = () => new Date(Date.now() - 3_600_000)

/** The page of a booking, for the staff of its clinic. */
async function openBooking(site: Site, startsAt: () => Date, name: string, options?: PageOptions) {
  const scene = await aClinicScene(site)
  const slot = await aSlot(site.database, scene.doctor, { startsAt: startsAt() })
  const booking = await aBooking(site.database, slot, { patient: { name } })
  const page = await scene.pageOf('staff', options)
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  return { page, booking }
}

/** Sends the requests to these addresses only once the result is called. */
async function hold(page: Page, addresses: string): Promise<() => void> {
  const held = Promise.withResolvers<void>()
  await page.route(addresses, async (route) => {
    await held.promise
    await route.continue()
  })
  return held.resolve
}

/**
 * Sends the next request to these addresses at once, but passes its response on only by `release`, which waits until
 * the page has handled it.
 */
async function holdResponse(page: Page, addresses: string) {
  const [received, released] = [Promise.withResolvers<Request>(), Promise.withResolvers<void>()]
  const delayed = async (route: Route) => {
    const response = await route.fetch()
    received.resolve(route.request())
    await released.promise
    await route.fulfill({ response })
  }
  await page.route(addresses, delayed, { times: 1 })
  return {
    received: received.promise,
    async release() {
      const request = await received.promise
      const late = page.waitForResponse((response) => response.request() === request)
      released.resolve()
      await (await late).finished()
      await untilDrawn(page)
    },
  }
}

/** Somebody else completes the visit of Carol Quick, and the page reads that. */
async function completeElsewhere(site: Site, page: Page, bookingId: string): Promise<void> {
  const headers = { 'Idempotency-Key': bookingId }
  const { error } = await site.admin.completeBooking({ path: { bookingId }, headers })
  expect(error).toBeUndefined()
  await page.getByRole('button', { name: 'Carol Quick: completed' }).waitFor({ state: 'detached' })
  await untilDrawn(page)
}

/** Waits until the button with this text has the focus and takes presses: a new one does not at once. */
async function untilReady(page: Page, text: string): Promise<void> {
  await page.locator(':focus:not([aria-disabled])').filter({ hasText: text }).waitFor()
}

test('after a mark, the focus is on the button that undoes it, and back', async ({ site }) => {
  const { page } = await openBooking(site, coming, 'Carl Coming')
  await page.getByRole('button', { name: 'Carl Coming: confirmed by phone' }).press('Enter')
  await untilReady(page, 'Undo “Confirmed by phone”')
  await page.keyboard.press('Enter')
  await untilFocused(page, /^Confirmed by phone$/)
})

test('a double click on a mark does not press the button that takes its place', async ({ site }) => {
  const { page } = await openBooking(site, begun, 'Dora Double')
  const arrived = page.getByRole('button', { name: 'Dora Double: arrived' })
  await arrived.waitFor()
  await arrived.evaluate(clickAgainInSamePlace)
  const completed = page.getByRole('button', { name: 'Dora Double: completed' })
  await completed.waitFor()
  await page.getByRole('button', { name: 'Undo the last status change for Dora Double' }).waitFor()
  // The second click of the browser's own double click is counted.
  await completed.and(page.locator(':not([aria-disabled="true"])')).dispatchEvent('click', { detail: 2 })
  await untilDrawn(page)
  await completed.waitFor()
  await completed.click()
  await completed.waitFor({ state: 'detached' })
})

/** Runs in the page. Clicks, and clicks what is in the same place as soon as it is another button. */
function clickAgainInSamePlace(button: HTMLElement | SVGElement): Promise<void> {
  const { left, top, width, height } = button.getBoundingClientRect()
  const there = () => document.elementFromPoint(left + width / 4, top + height / 2)?.closest('button') ?? null
  const label = button.getAttribute('aria-label')
  const click = (target: Element) => target.dispatchEvent(new MouseEvent('click', { bubbles: true, detail: 1 }))
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const next = there()
      if (next === null || next.getAttribute('aria-label') === label) return
      observer.disconnect()
      // Once when it appears, and once when the first mark is stored and its buttons are no longer busy for that.
      click(next)
      setTimeout(() => resolve(void click(there() ?? next)), 100)
    })
    observer.observe(document.body, { subtree: true, childList: true, attributes: true })
    click(button)
  })
}

test('a mark that is shown before its response arrives can be undone at once', async ({ site }) => {
  const { page } = await openBooking(site, coming, 'Carol Quick', { areIntervalsShort: true })
  const noted = await holdResponse(page, '**/attendance')
  await page.getByRole('button', { name: 'Carol Quick: confirmed by phone' }).press('Enter')
  // The page has read it again.
  await untilReady(page, 'Undo “Confirmed by phone”')
  await page.keyboard.press('Enter')
  await untilFocused(page, /^Confirmed by phone$/)
  await page.getByText('Carol Quick is no longer noted as coming.').waitFor()
  await noted.release()
  // It is of an earlier version: nothing is shown again, or said.
  await untilFocused(page, /^Confirmed by phone$/)
  expect(await page.getByText('Carol Quick is coming: this is noted.').count()).toBe(0)
})

test('the late response to a mark neither reverts the next one nor moves the focus', async ({ site }) => {
  const { page, booking } = await openBooking(site, begun, 'Carol Quick', { areIntervalsShort: true })
  const arrival = await holdResponse(page, '**/arrive')
  const completion = await holdResponse(page, '**/complete')
  await page.getByRole('button', { name: 'Carol Quick: arrived' }).press('Enter')
  // Once the page has read it again, the button responds. From here on, it is not read.
  await untilReady(page, 'Completed')
  await page.route(`**/bookings/${booking.id}`, () => undefined)
  await page.keyboard.press('Enter')
  await untilFocused(page, 'Undo')
  await arrival.release()
  await untilFocused(page, 'Undo')
  expect(await page.getByRole('button', { name: 'Carol Quick: completed' }).count()).toBe(0)
  // Its undo would undo the completion.
  expect(await page.getByText('Carol Quick has arrived.').count()).toBe(0)
  await completion.release()
  await page.getByText('Carol Quick’s appointment is completed.').waitFor()
  await untilFocused(page, 'Undo')
})

test('what is read while a mark is being stored neither shows the state before it nor moves the focus', async ({
  site,
}) => {
  const { page, booking } = await openBooking(site, begun, 'Carol Quick', { areIntervalsShort: true })
  const store = await hold(page, '**/arrive')
  await page.getByRole('button', { name: 'Carol Quick: arrived' }).press('Enter')
  await untilFocused(page, 'Completed')
  for (let read = 0; read < 2; read += 1) {
    await (await page.waitForResponse(`**/bookings/${booking.id}`)).finished()
    await untilDrawn(page)
    await untilFocused(page, 'Completed')
  }
  store()
  await page.getByText('Carol Quick has arrived.').waitFor()
  await untilFocused(page, 'Completed')
})

test('an older read that arrives once a mark is stored is not shown, also while another one is being stored', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const slot = await aSlot(site.database, scene.doctor, { startsAt: begun(), capacity: 2 })
  const ada = await aBooking(site.database, slot, { patient: { name: 'Ada Stored' } })
  const bob = await aBooking(site.database, slot, { patient: { name: 'Bob Pending' } })
  const page = await scene.pageOf('staff', { areIntervalsShort: true })
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  const [storeAda, storeBob] = [await hold(page, `**/${ada.id}/arrive`), await hold(page, `**/${bob.id}/arrive`)]
  for (const name of ['Ada Stored', 'Bob Pending']) {
    await page.getByRole('button', { name: `${name}: arrived` }).click()
    await page.getByRole('button', { name: `${name}: completed` }).waitFor()
  }
  const read = await holdResponse(page, '**/bookings?*')
  await read.received
  // From here on, nothing is read.
  await page.route('**/bookings?*', () => undefined)
  storeAda()
  await page.getByText('Ada Stored has arrived.').waitFor()
  await read.release()
  await page.getByRole('button', { name: 'Ada Stored: completed' }).waitFor()
  expect(await page.getByRole('button', { name: 'Ada Stored: arrived' }).count()).toBe(0)
  storeBob()
  await page.getByText('Bob Pending has arrived.').waitFor()
})

test('a mark that is being stored keeps the buttons busy on the next page too', async ({ site }) => {
  const { page } = await openBooking(site, begun, 'Carol Quick')
  const store = await hold(page, '**/arrive')
  await page.getByRole('button', { name: 'Carol Quick: arrived' }).click()
  const completed = page.getByRole('button', { name: 'Carol Quick: completed' })
  await completed.and(page.locator('[aria-disabled]')).waitFor()
  await page.getByRole('link', { name: 'Bookings', exact: true }).first().click()
  await page.getByRole('row').filter({ hasText: 'Carol Quick' }).getByText('Arrived').waitFor()
  await page.getByRole('link', { name: 'Carol Quick' }).click()
  await completed.and(page.locator('[aria-disabled]')).waitFor()
  store()
  await completed.and(page.locator(':not([aria-disabled])')).waitFor()
})

test('a mark that is refused returns the focus to the buttons', async ({ site }) => {
  const { page } = await openBooking(site, begun, 'Carol Quick')
  await page.route('**/arrive', (route) => route.fulfill({ status: 503, json: { code: 'unavailable' } }))
  await page.getByRole('button', { name: 'Carol Quick: arrived' }).press('Enter')
  const alert = page.getByRole('alert').filter({ hasText: 'Not stored for Carol Quick' })
  await alert.waitFor()
  await untilFocused(page, 'Arrived')
  // It is beside the buttons, where it covers nothing.
  expect(await page.getByRole('main').getByRole('alert').count()).toBe(1)
})

test.for([
  { locale: 'en-GB', width: 1280 },
  { locale: 'de-DE', width: 1280 },
  { locale: 'de-DE', width: 390 },
])('in $locale, $width pixels wide, neither a mark nor its refusal moves the rows', async (screen, { site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  for (const [name, minutes] of [
    ['Ada Above', 30],
    ['Bob Below', 60],
  ] as const) {
    const slot = await aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() + minutes * 60_000) })
    await aBooking(site.database, slot, { patient: { name } })
  }
  const page = await scene.pageOf('staff', {
    locale: screen.locale,
    viewport: { width: screen.width, height: 844 },
  })
  await page.route('**/arrive', (route) => route.fulfill({ status: 503, json: { code: 'unavailable' } }), { times: 1 })
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  const row = (name: string) => page.getByRole('row').filter({ hasText: name })
  const buttons = row('Ada Above').getByRole('button')
  const cell = () => row('Ada Above').getByRole('cell').last().boundingBox()
  const below = () => row('Bob Below').boundingBox()
  await row('Bob Below').waitFor()
  const before = [await cell(), await below()]
  await buttons.first().click()
  const alert = row('Ada Above').getByRole('alert')
  await alert.filter({ hasText: /Ada Above: .*[^.]\. \S/ }).waitFor()
  expect([await cell(), await below()]).toEqual(before)
  expect(await axeFindings(page)).toEqual([])
  await buttons.first().and(page.locator(':not([aria-disabled])')).click()
  await row('Ada Above')
    .locator('[data-status-of]')
    .filter({ hasText: /^(Arrived|Angekommen)/ })
    .waitFor()
  expect(await alert.count()).toBe(0)
  expect(await below()).toEqual(before[1])
})

test('after a mark, the focus stays where it is when somebody else changes the booking', async ({ site }) => {
  const { page, booking } = await openBooking(site, begun, 'Carol Quick', { areIntervalsShort: true })
  await page.getByRole('button', { name: 'Carol Quick: arrived' }).click()
  await untilReady(page, 'Completed')
  // Nothing can have the focus there.
  await page.mouse.click(2, 850)
  expect(await page.locator(':focus').count()).toBe(0)
  await completeElsewhere(site, page, booking.id)
  expect(await page.locator(':focus').count()).toBe(0)
})

test('a mark that is refused leaves the focus where somebody has moved it', async ({ site }) => {
  const { page } = await openBooking(site, begun, 'Carol Quick')
  const refused = Promise.withResolvers<void>()
  await page.route('**/arrive', async (route) => {
    await refused.promise
    await route.fulfill({ status: 503, json: { code: 'unavailable' } })
  })
  await page.getByRole('button', { name: 'Carol Quick: arrived' }).press('Enter')
  await untilFocused(page, 'Completed')
  const elsewhere = page.getByRole('link', { name: 'Bookings', exact: true }).first()
  await elsewhere.focus()
  refused.resolve()
  await page.getByRole('button', { name: 'Carol Quick: arrived' }).waitFor()
  await untilDrawn(page)
  await elsewhere.and(page.locator(':focus')).waitFor()
})

test('the first read of a page that arrives once a mark is stored does not show the state before it', async ({
  site,
}) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const slot = await aSlot(site.database, scene.doctor, { startsAt: begun() })
  const booking = await aBooking(site.database, slot, { patient: { name: 'Ada Stored' } })
  const page = await scene.pageOf('staff')
  await page.goto(`/clinic/${scene.clinic.id}/bookings/${booking.id}`)
  const store = await hold(page, '**/arrive')
  await page.getByRole('button', { name: 'Ada Stored: arrived' }).click()
  const read = await holdResponse(page, '**/bookings?*')
  await page.getByRole('link', { name: 'Today', exact: true }).first().click()
  await read.received
  store()
  await page.getByText('Ada Stored has arrived.').waitFor()
  await read.release()
  expect(await page.getByRole('button', { name: 'Ada Stored: arrived' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Ada Stored: completed' }).waitFor()
})

test('a mark after which nothing more is possible leaves the focus on the status', async ({ site }) => {
  const { page, booking } = await openBooking(site, coming, 'Carla Cancels')
  // The patient cancels in the same moment.
  await page.route('**/attendance', async (route) => {
    await site.database.appPool.query(
      `select from holdfast.settle_bookings(array[$1::int], array[$2::uuid], '{cancel}', '{null}', '{false}', '{null}',
                                            '{null}')`,
      [booking.clinicNo, booking.id],
    )
    await route.continue()
  })
  await page.getByRole('button', { name: 'Carla Cancels: confirmed by phone' }).press('Enter')
  await untilFocused(page, /^Cancelled/)
})
