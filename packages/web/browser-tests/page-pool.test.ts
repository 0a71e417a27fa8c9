import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { test } from './site-test.ts'

/** What a page finds of what `leave` has stored. */
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

test('of a page with short intervals those of 4 s and more are short, and the next page has the usual ones', async ({
  site,
}) => {
  const first = await site.newPage({ areIntervalsShort: true })
  await first.goto('/nowhere')
  const order = await first.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const fired = new Set<number>()
        for (const ms of [3_000, 4_000, 20_000]) {
          setInterval(() => {
            fired.add(ms)
            if (ms === 3_000) resolve([...fired])
          }, ms)
        }
      }),
  )
  expect(order).toEqual([4_000, 20_000, 3_000])
  await site.closePages()
  const next = await site.newPage()
  expect(next.context()).toBe(first.context())
  await next.goto('/nowhere')
  expect(await next.evaluate(() => String(window.setInterval))).toContain('[native code]')
})
