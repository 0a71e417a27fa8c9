import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { confirm, hold, openMore, openTimes } from './booking-steps.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('without a network the first page says so and opens the tickets of this device', async ({ site }) => {
  const practice = await aPractice(site, { doctorName: 'Dr Offline' })
  const page = await site.newPage({ isNewContext: true })
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  await page.evaluate(() => navigator.serviceWorker.ready)
  await openMore(page)
  await page.getByRole('button', { name: 'Keep on this device' }).click()
  await page.getByText('This ticket is kept on this device.', { exact: false }).waitFor()
  await page.context().setOffline(true)
  // In a new tab nothing is cached but what the service worker has.
  const tab = await page.context().newPage()
  await tab.goto('/')
  await tab.getByText('You are offline').waitFor()
  const kept = tab.getByRole('region', { name: 'Tickets kept on this device' })
  await kept.getByText('Dr Offline', { exact: false }).waitFor()
  expect(await tab.getByRole('article').count()).toBe(0)
  expect(await tab.getByRole('searchbox').count()).toBe(0)
  expect(await tab.getByText('Availability is live.', { exact: false }).count()).toBe(0)
  expect(await axeFindings(tab)).toEqual([])
  await kept.getByRole('link', { name: /^Open/ }).click()
  await tab.getByText('Grace Hopper').waitFor()
  await tab.goBack()
  await tab.getByText('You are offline').waitFor()
  // When the network is back, the doctors appear by themselves.
  await page.context().setOffline(false)
  await tab.getByRole('article').first().waitFor()
  expect(await tab.getByText('You are offline').count()).toBe(0)
  await tab.getByRole('searchbox').waitFor()
  await tab.getByText('Availability is live.', { exact: false }).waitFor()
})

test('without a network a page that was never opened says so, and appears by itself with the network', async ({
  site,
}) => {
  const page = await site.newPage({ isNewContext: true })
  await page.goto('/')
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.context().setOffline(true)
  await page.getByRole('link', { name: 'Find my appointment' }).click()
  await page.getByRole('heading', { level: 1, name: 'No connection' }).waitFor()
  await page.getByRole('main').getByRole('link', { name: 'Find a doctor' }).waitFor()
  await page.context().setOffline(false)
  await page.getByRole('heading', { level: 1, name: 'Find my appointment' }).waitFor()
})

test('a page whose code cannot be loaded at first appears by itself', async ({ site }) => {
  const page = await site.newPage({ isNewContext: true, serviceWorkers: 'block' })
  await page.clock.install()
  const code = '**/assets/find-booking-page-*.js'
  await page.route(code, (route) => route.abort())
  await page.goto('/find-booking', { waitUntil: 'commit' })
  // It was loaded again at once, which did not help.
  await page.getByRole('heading', { level: 1, name: 'There is a new version' }).waitFor()
  await page.unroute(code)
  await page.clock.fastForward(15_000)
  await page.getByRole('heading', { level: 1, name: 'Find my appointment' }).waitFor()
})
