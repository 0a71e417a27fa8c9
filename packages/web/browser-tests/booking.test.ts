// Guarantee: a place that is shown as held or confirmed is
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, dataOf, placesLeft } from './a-practice.ts'
import { confirm, hold, openTimes, timeOf } from './booking-steps.ts'
import { axeFindings, type Site, signInPage, signUp } from './harness.ts'
import { test } from './site-test.ts'

async function bookingsOf(site: Site, doctorId: string) {
  const { rows } = await site.database.ownerPool.query<{ id: string; status: string; patient: { name: string } }>(
    'select id, status, patient from holdfast.booking where resource_id = $1 order by id',
    [doctorId],
  )
  return rows
}

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      const label = element instanceof HTMLInputElement ? (element.labels?.[0]?.textContent ?? '') : ''
      return element?.getAttribute('aria-label') ?? (label || element?.textContent) ?? ''
    })
    if (name.test(focused)) return
  }
  throw new Error(`Tab never came to ${name}.`)
}

test('a guest finds a doctor and books, with the keyboard alone', async ({ site }) => {
  const practice = await aPractice(site, { doctorName: 'Dr Keyboard' })
  const page = await site.newPage()
  await page.goto('/?q=Keyboard')
  await page.getByRole('heading', { name: 'Dr Keyboard' }).waitFor()
  await tabTo(page, /All times of Dr Keyboard/)
  await page.keyboard.press('Enter')
  await timeOf(page, '9:00').waitFor()
  await tabTo(page, /^0?9:00/)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const held = page.getByRole('heading', { name: 'This time is held for you' })
  await held.and(page.locator(':focus')).waitFor()
  expect(await placesLeft(site, practice, practice.slots[1]?.id ?? '')).toBe(0)
  await tabTo(page, /Full name/)
  await page.keyboard.type('Grace Hopper')
  await tabTo(page, /^Confirm appointment$/)
  await page.keyboard.press('Enter')
  await page.getByText('You lose the ticket unless you keep it', { exact: false }).waitFor()
  await tabTo(page, /^Book without contact$/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  expect(await page.getByText('Grace Hopper').count()).toBe(1)
  expect(await bookingsOf(site, practice.doctor.id)).toMatchObject([
    { status: 'CONFIRMED', patient: { name: 'Grace Hopper' } },
  ])
})

test('the link to a time, as e-mails have it, has a button that books the time while it is free', async ({ site }) => {
  const practice = await aPractice(site)
  const [slot] = practice.slots
  if (slot === undefined) throw new Error('The practice has no times.')
  const page = await site.newPage()
  const from = slot.startsAt.slice(0, 10)
  const link = `/doctors/${practice.doctor.id}?from=${from}&slot=${slot.id}&type=in_person`
  await page.goto(link)
  const book = page.getByRole('button', { name: 'Book this time' })
  await book.waitFor()
  expect(await axeFindings(page)).toEqual([])
  // Opening it holds nothing: scanners of e-mails open links, too.
  expect(await bookingsOf(site, practice.doctor.id)).toEqual([])
  await book.click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(await placesLeft(site, practice, slot.id)).toBe(0)

  const late = await site.newPage()
  await late.goto(link)
  await late.getByText('The time in the e-mail is no longer free.', { exact: false }).waitFor()
  expect(await late.getByRole('button', { name: 'Book this time' }).count()).toBe(0)
})

test('the link to a time for several places books as many, while there are as many', async ({ site }) => {
  const practice = await aPractice(site, { capacity: 3 })
  const [slot] = practice.slots
  if (slot === undefined) throw new Error('The practice has no times.')
  const from = slot.startsAt.slice(0, 10)
  const link = `/doctors/${practice.doctor.id}?from=${from}&slot=${slot.id}&type=in_person&units=2`
  const [page, late] = [await site.newPage(), await site.newPage()]
  await page.goto(link)
  await page.getByText(/^This time is still free: .* \(2 places\)$/).waitFor()
  await page.getByRole('button', { name: 'Book this time' }).click()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(await placesLeft(site, practice, slot.id)).toBe(1)
  await late.goto(link)
  await late.getByText('The time in the e-mail is no longer free.', { exact: false }).waitFor()
})

test('all missing fields are named, the first gets the focus, and nothing is confirmed', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await hold(page, '9:00')
  await page.getByLabel('E-mail').fill('not an address')
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await page.getByText('This doesn’t look like an e-mail address.').waitFor()
  await page.getByText('Please enter the name of the patient.').waitFor()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('details-name')
  expect(await bookingsOf(site, practice.doctor.id)).toMatchObject([{ status: 'PENDING' }])
})

test('a guest who gives no way to be reached is asked for one before the booking is confirmed', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage({ viewport: { width: 390, height: 844 } })
  await openTimes(page, practice)
  await hold(page, '9:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.getByLabel('Full name').press('Enter')
  await page.getByRole('button', { name: 'Add contact' }).and(page.locator(':focus')).waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await bookingsOf(site, practice.doctor.id)).toMatchObject([{ status: 'PENDING' }])
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('details-email')
  await page.getByLabel('Phone').fill('+44 1632 960 471')
  await page.getByRole('button', { name: 'Confirm appointment' }).click()
  await page.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
})

test('an account books with its name, and finds the booking among its bookings', async ({ site }) => {
  const practice = await aPractice(site)
  const account = await signUp(site.url, 'Ada Lovelace')
  const page = await site.newPage()
  await signInPage(page, account, `/doctors/${practice.doctor.id}`)
  await hold(page, '9:15')
  await expect.poll(() => page.getByLabel('Full name').inputValue()).toBe('Ada Lovelace')
  await confirm(page, 'Ada Lovelace')
  await page.getByRole('link', { name: 'My appointments' }).click()
  const coming = page.getByRole('listitem').filter({ hasText: practice.doctor.name })
  await coming.waitFor()
  // Each of several bookings has these buttons.
  await coming.getByRole('link', { name: /^Open ticket: .+, 9:15–.*9:30$/ }).waitFor()
  await coming.getByRole('link', { name: /^Move: .+, 9:15–.*9:30$/ }).click()
  await timeOf(page, '9:45').click()
  await page.getByRole('button', { name: 'Move appointment' }).click()
  await page.getByText('Moved to', { exact: false }).waitFor()
  expect(await placesLeft(site, practice, practice.slots[1]?.id ?? '')).toBe(1)
  expect(await placesLeft(site, practice, practice.slots[3]?.id ?? '')).toBe(0)
  await page.waitForURL((url) => url.search === '')
  await page.getByRole('link', { name: 'My appointments' }).click()
  await coming.getByRole('button', { name: /^Cancel: .+, 9:45–/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel appointment' }).click()
  await page.getByText('Your appointment is cancelled.').waitFor()
  await page.getByRole('tab', { name: /Cancelled \(1\)/ }).click()
  await page.getByRole('link', { name: 'Book again' }).click()
  await timeOf(page, '9:15').and(page.locator(':not([aria-disabled])')).waitFor()
  await page.getByRole('link', { name: 'Ada Lovelace' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  await page.goto('/my-bookings')
  await page.getByText('Sign in to see this page.', { exact: false }).waitFor()
})

test('a reload restores the hold with what was typed; the back button books nothing twice', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await page.goto('/')
  await openTimes(page, practice)
  await hold(page, '9:00')
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.reload()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  await expect.poll(() => page.getByLabel('Full name').inputValue()).toBe('Grace Hopper')
  // Back leads to the times, and once more to the page before; the hold goes on.
  await page.goBack()
  await page.getByRole('heading', { name: 'Choose a time' }).and(page.locator(':focus')).waitFor()
  await page.getByRole('region', { name: 'Held time' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Find a doctor' }).waitFor()
  await page.goForward()
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor()
  await page.goForward()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  await expect.poll(() => page.getByLabel('Full name').inputValue()).toBe('Grace Hopper')
  await confirm(page, 'Grace Hopper')
  await page.goBack()
  await page.getByRole('heading', { name: 'Choose a time' }).waitFor()
  expect(await bookingsOf(site, practice.doctor.id)).toMatchObject([{ status: 'CONFIRMED' }])
})

test('a hold whose response was lost is requested again with the same key: there is one booking', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  const seen = Promise.withResolvers<void>()
  let requests = 0
  await page.route('**/api/v1/bookings', async (route) => {
    requests += 1
    // The request reaches the server, and the response is dropped.
    if (requests === 1) {
      await route.fetch()
      await route.abort()
      return
    }
    await seen.promise
    await route.continue()
  })
  await timeOf(page, '9:30').click()
  await page.getByText('No connection').waitFor()
  await page.getByText('We retry automatically.', { exact: false }).waitFor()
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
  seen.resolve()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(requests).toBeGreaterThan(1)
  expect(await bookingsOf(site, practice.doctor.id)).toHaveLength(1)
})

test('two browsers race for the last place: one gets a ticket, the other gets alternatives close to it', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const [first, second] = [await site.newPage(), await site.newPage()]
  // Both choose before the server receives either request, so neither page sees the other's hold.
  const bothRequested = Promise.withResolvers<void>()
  let requests = 0
  for (const page of [first, second]) {
    await page.route('**/api/v1/bookings', async (route) => {
      requests += 1
      if (requests === 2) bothRequested.resolve()
      await bothRequested.promise
      await route.continue()
    })
  }
  await Promise.all([openTimes(first, practice), openTimes(second, practice)])
  await Promise.all([timeOf(first, '9:45').click(), timeOf(second, '9:45').click()])
  const isHeld = (page: Page) =>
    Promise.race([
      page
        .getByRole('heading', { name: 'This time is held for you' })
        .waitFor()
        .then(() => true),
      page
        .getByRole('heading', { name: 'That time has just gone' })
        .waitFor()
        .then(() => false),
    ])
  const outcomes = await Promise.all([isHeld(first), isHeld(second)])
  expect(outcomes.toSorted()).toEqual([false, true])
  const [winner, loser] = outcomes[0] ? [first, second] : [second, first]
  await loser.getByRole('heading', { name: 'That time has just gone' }).and(loser.locator(':focus')).waitFor()
  expect(await axeFindings(loser)).toEqual([])
  await confirm(winner, 'The Faster')
  await loser.getByText('These nearby times are available right now:').waitFor()
  const alternatives = loser.getByRole('listitem').getByRole('button')
  expect(await alternatives.count()).toBe(3)
  await alternatives.first().click()
  await loser.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  await confirm(loser, 'The Kinder')
  const booked = await bookingsOf(site, practice.doctor.id)
  expect(booked.map(({ status, patient }) => `${patient.name} ${status}`).toSorted()).toEqual([
    'The Faster CONFIRMED',
    'The Kinder CONFIRMED',
  ])
})

test('the booking has the chosen appointment type', async ({ site }) => {
  const practice = await aPractice(site, { appointmentTypes: ['in_person', 'video'] })
  const page = await site.newPage()
  await openTimes(page, practice)
  await page.getByText('Video', { exact: true }).click()
  await page.getByRole('radio', { name: 'Video', checked: true }).waitFor({ state: 'attached' })
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await page.getByText('By video.', { exact: false }).waitFor()
  const [booking] = await bookingsOf(site, practice.doctor.id)
  const read = await dataOf(site.admin.getBooking({ path: { bookingId: booking?.id ?? '' } }))
  expect(read.appointmentType).toBe('video')
})
