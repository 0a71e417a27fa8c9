// Guarantee: what others book is seen at once
import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { confirm, hold, openTimes, timeOf } from './booking-steps.ts'
import { test } from './site-test.ts'

/** How often a page without live updates reads again. */
const pollSeconds = 10

test('a slot that is booked changes in place in another browser, and is free again when it is cancelled', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const [watcher, booker] = [await site.newPage(), await site.newPage()]
  await openTimes(watcher, practice)
  await watcher.getByText('Live', { exact: true }).waitFor()
  const before = await timeOf(watcher, '9:15').boundingBox()
  await openTimes(booker, practice)
  await hold(booker, '9:15')
  const taken = watcher.getByRole('button', { name: '9:15, taken' })
  await taken.waitFor()
  expect(await taken.boundingBox()).toEqual(before)
  await taken.click({ force: true })
  await watcher.getByRole('status').filter({ hasText: '9:15 is taken. Please choose another time.' }).waitFor()
  await taken.and(watcher.locator(':focus')).waitFor()
  expect(await watcher.getByRole('heading', { name: 'Choose a time' }).count()).toBe(1)
  await confirm(booker, 'Grace Hopper')
  await booker.getByRole('button', { name: 'Cancel appointment' }).click()
  await booker.getByRole('dialog').getByRole('button', { name: 'Cancel appointment' }).click()
  await booker.getByRole('heading', { name: 'This appointment is cancelled' }).waitFor()
  await watcher.getByRole('button', { name: /^0?9:15$/ }).waitFor()
})

test('the number of places left decreases', async ({ site }) => {
  const practice = await aPractice(site, { capacity: 3 })
  const [watcher, booker] = [await site.newPage(), await site.newPage()]
  await openTimes(watcher, practice)
  await watcher.getByRole('button', { name: '9:00, 3 places' }).waitFor()
  await openTimes(booker, practice)
  await hold(booker, '9:00')
  await watcher.getByRole('button', { name: '9:00, 2 places' }).waitFor()
})

test('a change during the first read of the slots is shown', async ({ site }) => {
  const practice = await aPractice(site)
  const [page, booker] = [await site.newPage(), await site.newPage()]
  const announced = Promise.withResolvers<void>()
  const followed = Promise.withResolvers<void>()
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"subscribed"')) followed.resolve()
      if (String(payload).includes('"slots"')) announced.resolve()
    })
  })
  let readings = 0
  await page.route('**/api/v1/doctors/*/slots**', async (route) => {
    readings += 1
    if (readings > 1) return route.continue()
    const early = await route.fetch()
    await followed.promise
    await hold(booker, '9:15')
    await announced.promise
    await route.fulfill({ response: early })
  })
  await openTimes(booker, practice)
  await openTimes(page, practice)
  await page.getByRole('button', { name: '9:15, taken' }).waitFor()
})

test('without a WebSocket server-sent events arrive; without both the page polls and says so', async ({ site }) => {
  const practice = await aPractice(site)
  // Requests that pass through the service worker are not routed through the test.
  const polling = await site.newPage({ isNewContext: true, serviceWorkers: 'block' })
  const [events, booker] = [await site.newPage(), await site.newPage()]
  for (const page of [events, polling]) {
    await page.routeWebSocket('**/api/v1/live', (socket) => socket.close())
  }
  await polling.route('**/api/v1/live/events**', (route) => route.abort())
  await polling.clock.install()
  await Promise.all([openTimes(events, practice), openTimes(polling, practice), openTimes(booker, practice)])
  await events.getByText('Live', { exact: true }).waitFor()
  await polling.getByText('Last updated', { exact: false }).waitFor()
  await hold(booker, '9:30')
  await events.getByRole('button', { name: '9:30, taken' }).waitFor()
  await polling.clock.fastForward(pollSeconds * 1_000)
  await polling.getByRole('button', { name: '9:30, taken' }).waitFor()
})
