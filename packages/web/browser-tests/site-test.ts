import type { Browser } from 'playwright-core'
import { test as base, expect } from 'vitest'
import { findChromium, forShortPages, launchChromium } from './chromium.ts'
import { type Site, startSite } from './harness.ts'

// The test files of a worker share its process, and so these. Vitest's own scope `worker` is not enough: it starts a
// fixture again for each file that extends `test`.
let browserOfWorker: Promise<Browser> | undefined
let siteOfWorker: Promise<Site> | undefined
let ended: Promise<void> | undefined

/** Vitest calls it once for each of these files, all at the same time. */
function endOnce(): Promise<void> {
  ended ??= end()
  return ended
}

async function end(): Promise<void> {
  await (await siteOfWorker)?.stop()
  await (await browserOfWorker)?.close()
}

/** `test` with one browser for all test files of a worker, for files that start their own site. */
export const browserTest = base
  .extend('chromium', { scope: 'worker' }, () => findChromium())
  .extend('browser', { scope: 'worker' }, ({ chromium }, { onCleanup }) => {
    onCleanup(endOnce)
    browserOfWorker ??= launchChromium(chromium, forShortPages)
    return browserOfWorker
  })

/**
 * `test` with one server and one browser for all test files of a worker. Each test creates a separate clinic, and finds
 * it by name, because the other tests' clinics exist too. At the end of a test its pages are closed, and it fails when
 * one of them had an error.
 */
export const test = browserTest
  .extend('site', { scope: 'worker' }, ({ browser }) => {
    siteOfWorker ??= startSite(browser)
    return siteOfWorker
  })
  .extend('pageErrors', { auto: true }, ({ site }, { onCleanup }) => expectNoPageErrors(site, onCleanup))

/** A fixture that closes the pages of a test, and fails it when one of them had an error. */
export function expectNoPageErrors(site: Site, onCleanup: (check: () => Promise<void>) => void): string[] {
  onCleanup(async () => {
    await site.closePages()
    expect(site.pageErrors.splice(0)).toEqual([])
  })
  return site.pageErrors
}
