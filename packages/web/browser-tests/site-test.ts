import { test as base, expect } from 'vitest'
import { findChromium, launchChromium } from './chromium.ts'
import { type Site, startSite } from './harness.ts'

/** `test` with one browser for all test files of a worker, for files that start their own site. */
export const browserTest = base
  .extend('chromium', { scope: 'worker' }, () => findChromium())
  .extend('browser', { scope: 'worker' }, async ({ chromium }, { onCleanup }) => {
    const browser = await launchChromium(chromium)
    onCleanup(() => browser.close())
    return browser
  })

/**
 * `test` with one server and one browser for all test files of a worker. Each test creates a separate clinic, and finds
 * it by name, because the other tests' clinics exist too. At the end of a test its pages are closed, and it fails when
 * one of them had an error.
 */
export const test = browserTest
  .extend('site', { scope: 'worker' }, async ({ browser }, { onCleanup }) => {
    const site = await startSite(browser)
    onCleanup(() => site.stop())
    return site
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
