import { readFile } from 'node:fs/promises'
import { until } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aPractice, type Practice, placesLeft } from './a-practice.ts'
import { confirm, hold, openTimes, timeOf } from './booking-steps.ts'
import type { Site } from './harness.ts'
import type { PageOptions } from './page-pool.ts'
import { test } from './site-test.ts'

/** A guest's page with the ticket of a new booking at 9:00. */
async function aTicket(site: Site, practice: Practice, options?: PageOptions): Promise<Page> {
  const page = await site.newPage(options)
  await openTimes(page, practice)
  await hold(page, '9:00')
  await confirm(page, 'Grace Hopper')
  return page
}

test('a ticket opens again by its secret link alone, and no request contains the secret', async ({ site }) => {
  const practice = await aPractice(site, { timezone: 'Asia/Tokyo' })
  const page = await aTicket(site, practice)
  const [, secret = ''] = /\.(hfm_.+)$/.exec(page.url()) ?? []
  expect(secret).toMatch(/^hfm_/)
  const elsewhere = await site.newPage({ timezoneId: 'Europe/Berlin' })
  const requests: string[] = []
  elsewhere.on('request', (request) => requests.push(`${request.url()} ${request.headers().referer ?? ''}`))
  await elsewhere.goto(page.url())
  await elsewhere.getByRole('heading', { name: 'Your appointment is confirmed' }).waitFor()
  await elsewhere.getByText('Japan Standard Time').waitFor()
  await elsewhere.getByText('Your local time', { exact: false }).waitFor()
  await elsewhere.getByRole('img', { name: /QR code/ }).waitFor()
  expect(requests.filter((line) => line.includes(secret.slice(4, 20)))).toEqual([])
  expect(await elsewhere.evaluate(() => JSON.stringify(localStorage))).not.toContain(secret)
  await elsewhere.goto('/ticket#cut-short')
  await elsewhere.getByText('This link is incomplete').waitFor()
  await elsewhere.goto(`/ticket#${'0'.repeat(8)}-0000-8000-8000-000000000000.hfm_${'A'.repeat(43)}`)
  await elsewhere.getByText('Booking not found').waitFor()
})

test('a ticket is downloaded as a calendar file', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice)
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Add to calendar' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}\.ics$/)
  const file = await readFile(await download.path(), 'utf8')
  const start = practice.slots[0]?.startsAt.replaceAll(/[-:]|\.\d+/g, '')
  expect(file).toContain(`DTSTART:${start}\r\n`)
  expect(file).toContain('SUMMARY:Appointment with Dr Amara Okafor\r\n')
})

test('moving frees the old slot in the moment when the new one is booked, and can be undone', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice)
  await page.getByRole('button', { name: 'Move to another time' }).click()
  const times = page.getByRole('heading', { name: 'Choose a time' })
  await times.and(page.locator(':focus')).waitFor()
  expect(await times.evaluate((title) => title.getBoundingClientRect().bottom <= window.innerHeight)).toBe(true)
  await timeOf(page, '9:45').click()
  await page.getByRole('button', { name: 'Move appointment' }).click()
  await page.getByText('Moved to', { exact: false }).waitFor()
  const [first, , , fourth] = practice.slots
  expect(await placesLeft(site, practice, first?.id ?? '')).toBe(1)
  expect(await placesLeft(site, practice, fourth?.id ?? '')).toBe(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Moved back to', { exact: false }).first().waitFor()
  expect(await placesLeft(site, practice, first?.id ?? '')).toBe(0)
  expect(await placesLeft(site, practice, fourth?.id ?? '')).toBe(1)
})

test('without a network a ticket is readable and says when it was stored; slots are never cached', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice, { isNewContext: true })
  await page.evaluate(() => navigator.serviceWorker.ready)
  const isKept = () => page.evaluate(async () => (await (await caches.open('holdfast-tickets')).keys()).length > 0)
  await until(
    async () => ((await isKept()) ? true : undefined),
    () => 'the ticket is stored in the browser',
  )
  const address = page.url()
  await page.context().setOffline(true)
  await page.reload()
  await page.getByText('You are offline.', { exact: false }).waitFor()
  await page.getByText('Grace Hopper').waitFor()
  expect(await page.getByRole('button', { name: 'Cancel appointment' }).count()).toBe(0)
  await page.goto(`/doctors/${practice.doctor.id}`)
  await page.getByText('No connection').waitFor()
  expect(await page.getByRole('button', { name: '9:15' }).count()).toBe(0)
  await page.context().setOffline(false)
  await page.goto(address)
  await page.getByRole('button', { name: 'Cancel appointment' }).waitFor()
  expect(await page.getByText('You are offline.', { exact: false }).count()).toBe(0)
})

test('the ticket says that the clinic withdrew the slot', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await aTicket(site, practice)
  await site.admin.withdrawSlot({ path: { slotId: practice.slots[0]?.id ?? '' }, query: { withBookings: true } })
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'The clinic withdrew this appointment' }).waitFor()
  await page.getByText('The clinic had to withdraw this time.', { exact: false }).waitFor()
  await page.getByRole('link', { name: 'Book again' }).waitFor()
})
