import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings, type Site, signInPage, signUp } from './harness.ts'
import { test } from './site-test.ts'

const whoAmI = '**/api/v1/whoami'
const pages = [
  { path: '/account', title: 'Your account' },
  { path: '/my-bookings', title: 'My appointments' },
  { path: '/my-waitlist', title: 'My waitlist entries' },
]

/** The server responds so to the request who is signed in; null: not at all. */
async function failWith(page: Page, failure: { status: number; code: string } | null): Promise<void> {
  await page.route(whoAmI, (route) => {
    if (failure === null) return route.abort()
    const problem = { type: `urn:holdfast:problem:${failure.code}`, title: '', detail: '', ...failure }
    const contentType = 'application/problem+json'
    return route.fulfill({ status: failure.status, contentType, body: JSON.stringify(problem) })
  })
}

async function signedIn(site: Site): Promise<Page> {
  const page = await site.newPage({ isNewContext: true, serviceWorkers: 'block' })
  await signInPage(page, await signUp(site.url, 'Ada Unread'), '/account')
  return page
}

test.for([
  ['the server is not available', { status: 503, code: 'unavailable' }],
  ['there were too many requests', { status: 429, code: 'rate_limited' }],
  ['there is no response', null],
] as const)('while %s, nobody who is signed in is taken for a guest', async ([, failure], { site }) => {
  const page = await signedIn(site)
  const header = page.getByRole('navigation', { name: 'Main' })
  await failWith(page, failure)
  for (const { path, title } of pages) {
    await page.goto(path)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor()
    expect(await page.getByRole('link', { name: 'Sign in' }).count()).toBe(0)
    await header.getByRole('link', { name: 'My account' }).waitFor()
  }
  expect(await axeFindings(page)).toEqual([])
  await page.unroute(whoAmI)
  await page.getByRole('button', { name: 'Try again' }).click()
  await header.getByRole('link', { name: 'Ada Unread' }).waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
})

test('whoever the server does not know is a guest', async ({ site }) => {
  const page = await site.newPage({ isNewContext: true, serviceWorkers: 'block' })
  await failWith(page, { status: 401, code: 'unauthenticated' })
  await page.goto('/account')
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
})
