// Guarantee: pages that are up to date leave room for what the desk stores
import { aBooking, aSlot } from '@holdfast/testkit'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { aClinicScene, noonZone } from './clinic-scene.ts'
import { test } from './site-test.ts'

const rateLimited = {
  status: 429,
  contentType: 'application/problem+json',
  json: { type: 'urn:holdfast:problem:rate_limited', title: '', detail: '', status: 429, code: 'rate_limited' },
}

/** The reads of a page whose addresses match. */
function countReads(page: Page, pattern: RegExp): { number: number } {
  const reads = { number: 0 }
  page.on('request', (request) => {
    if (pattern.test(request.url())) reads.number += 1
  })
  return reads
}

test('when somebody books, Today reads the bookings and no closures; refused reads are not live', async ({ site }) => {
  const scene = await aClinicScene(site, { timezone: noonZone() })
  const slotIn = (hours: number) =>
    aSlot(site.database, scene.doctor, { startsAt: new Date(Date.now() + hours * 3_600_000), minutes: 20 })
  const [first, second] = [await slotIn(1), await slotIn(2)]
  const page = await scene.pageOf('staff', { serviceWorkers: 'block' })
  const subscribed = Promise.withResolvers<void>()
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"subscribed"')) subscribed.resolve()
    }),
  )
  await page.goto(`/clinic/${scene.clinic.id}/day`)
  await page.getByText('Live', { exact: true }).waitFor()
  await subscribed.promise
  const closures = countReads(page, /\/closures/)
  const bookings = countReads(page, /\/clinics\/[^/]+\/bookings\?/)
  await book(page, first.id, 'Grace Hopper')
  await page.getByRole('link', { name: 'Grace Hopper' }).waitFor()
  expect(bookings.number).toBeGreaterThan(0)
  expect(closures.number).toBe(0)

  await page.route(/\/clinics\/[^/]+\/bookings\?/, (route) => route.fulfill(rateLimited))
  await book(page, second.id, 'Edith Clarke')
  await page.getByText(/^Last updated/).waitFor()
  expect(await page.getByText('Live', { exact: true }).count()).toBe(0)
})

test('the dashboard reads its events once', async ({ site }) => {
  const scene = await aClinicScene(site)
  await aBooking(site.database, await aSlot(site.database, scene.doctor), { patient: { name: 'Grace Hopper' } })
  const page = await scene.pageOf('admin')
  // Its first steps are shown until somebody hides them.
  const addresses = new Set<string>()
  page.on('request', (request) => {
    if (/\/events\?/.test(request.url()) && !request.url().includes('/live/')) addresses.add(request.url())
  })
  await page.goto(`/clinic/${scene.clinic.id}`)
  await page.getByRole('heading', { name: 'Latest changes' }).waitFor()
  expect([...addresses]).toHaveLength(1)
})

/** Books for a patient, as the clinic's people do: confirmed at once. */
async function book(page: Page, slotId: string, name: string): Promise<void> {
  const response = await page.context().request.post('/api/v1/bookings', {
    headers: { origin: new URL(page.url()).origin, 'idempotency-key': crypto.randomUUID() },
    data: { slotId, patient: { name, phone: '+44 1632 960 210' }, onBehalf: true },
  })
  expect(response.status()).toBe(201)
}
