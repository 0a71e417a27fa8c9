import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { test } from './site-test.ts'

/** What a page finds of that which `leave` left. */
async function foundOn(page: Page) {
  const stored = await page.evaluate(async () => ({
    local: localStorage.getItem('left'),
    session: sessionStorage.getItem('left'),
    caches: await caches.keys(),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    history: history.length,
  }))
  return { ...stored, cookies: (await page.context().cookies()).map(({ name }) => name) }
}

async function leave(page: Page): Promise<void> {
  await page.context().addCookies([{ name: 'left', value: '1', url: page.url(), httpOnly: true }])
  await page.evaluate(async () => {
    localStorage.setItem('left', '1')
    sessionStorage.setItem('left', '1')
    await caches.open('left')
    await new Promise((resolve) => Object.assign(indexedDB.open('left'), { onsuccess: resolve }))
  })
  await page.goto('/sign-in')
}

const nothing = { local: null, session: null, caches: [], databases: [], history: 2, cookies: [] }
const everything = { local: '1', session: '1', caches: ['left'], databases: ['left'], history: 3, cookies: ['left'] }

test('a page in a reused context finds nothing of the page before', async ({ site }) => {
  const first = await site.newPage()
  await first.goto('/nowhere')
  expect(await foundOn(first)).toEqual(nothing)
  await leave(first)
  // Negative control: without clearing, the page finds everything.
  expect(await foundOn(first)).toEqual(everything)
  await site.closePages()
  const pages = [await site.newPage(), await site.newPage()]
  const contexts = pages.map((page) => page.context())
  expect(contexts).toContain(first.context())
  expect(contexts[0]).not.toBe(contexts[1])
  for (const page of pages) {
    await page.goto('/nowhere')
    expect(await foundOn(page)).toEqual(nothing)
  }
})
