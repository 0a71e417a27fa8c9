import { expect } from 'vitest'
import { aPractice } from './a-practice.ts'
import { openTimes, timeOf } from './booking-steps.ts'
import { axeFindings } from './harness.ts'
import { test } from './site-test.ts'

test('a time that the server refuses for now is not held yet: the page says when it is tried again', async ({
  site,
}) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  const isLetThrough = Promise.withResolvers<void>()
  let requests = 0
  await page.route('**/api/v1/bookings', async (route) => {
    requests += 1
    if (requests > 1) {
      await isLetThrough.promise
      return route.continue()
    }
    const problem = {
      type: 'urn:holdfast:problem:rate_limited',
      title: '',
      status: 429,
      detail: '',
      code: 'rate_limited',
    }
    const headers = { 'Retry-After': '3' }
    return route.fulfill({
      status: 429,
      headers,
      contentType: 'application/problem+json',
      body: JSON.stringify(problem),
    })
  })
  await timeOf(page, '9:30').click()
  await page.getByRole('heading', { name: 'Not held yet' }).waitFor()
  await page.getByRole('alert').getByText('somebody else may book it meanwhile', { exact: false }).waitFor()
  await page
    .getByRole('timer')
    .getByText(/^Next attempt in 0:0[0-3]$/)
    .waitFor()
  expect(await page.getByText('Holding this time for you…').count()).toBe(0)
  expect(await axeFindings(page)).toEqual([])
  isLetThrough.resolve()
  await page.getByRole('heading', { name: 'This time is held for you' }).waitFor()
  expect(requests).toBe(2)
})

test('after a lost response, the page does not say that the time is not held', async ({ site }) => {
  const practice = await aPractice(site)
  const page = await site.newPage()
  await openTimes(page, practice)
  await page.route('**/api/v1/bookings', (route) => route.abort())
  await timeOf(page, '9:45').click()
  await page.getByText('No connection').waitFor()
  await page.getByRole('heading', { name: 'Holding this time for you…' }).waitFor()
  expect(await page.getByRole('timer').count()).toBe(0)
})
