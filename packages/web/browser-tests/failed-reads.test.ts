import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { axeFindings, rateLimited, sidewaysPixels, untilDrawn } from './harness.ts'
import { test } from './site-test.ts'

test('the page of the proof has its heading when the figures cannot be read', async ({ site }) => {
  const page = await site.newPage({ serviceWorkers: 'block', viewport: { width: 320, height: 640 } })
  const proof = '**/api/v1/proof'
  await page.route(proof, (route) => route.fulfill(rateLimited))
  await page.goto('/proof')
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor()
  const heading = page.getByRole('heading', { level: 1, name: 'Nobody is double-booked' })
  await heading.waitFor()
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
  await page.unroute(proof)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText(/^Counted:/).waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await heading.count()).toBe(1)
})

test('what a patient has written stays when the doctor of the form cannot be read again', async ({ site }) => {
  const { doctor } = await aPractice(site)
  const page = await site.newPage({ isNewContext: true, serviceWorkers: 'block' })
  await page.clock.install()
  await page.goto(`/join-waitlist?doctorId=${doctor.id}`)
  await page.getByLabel('Full name').fill('Grace Hopper')
  await page.route(`**/api/v1/doctors/${doctor.id}`, (route) => route.fulfill(rateLimited))
  // By now what was read is stale. It is read again when the patient returns to the tab.
  await page.clock.fastForward(60_000)
  const refused = page.waitForResponse((response) => response.status() === 429)
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  await (await refused).finished()
  await page.clock.runFor(1_000)
  await untilDrawn(page)
  expect(await page.getByLabel('Full name').inputValue()).toBe('Grace Hopper')
})
