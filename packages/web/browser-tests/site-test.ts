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
 * it by name, because the other tests' clinics exist too. A test fails when one of its pages had an error.
 */
export const test = browserTest
  .extend('site', { scope: 'worker' }, async ({ browser }, { onCleanup }) => {
    const site = await startSite(browser)
    onCleanup(() => site.stop())
    return site
  })
  .extend('pageErrors', { auto: true }, ({ site }, { onCleanup }) => expectNoPageErrors(site, onCleanup))

/** A fixture that fails a test when one of the site's pages had an error. */
export function expectNoPageErrors({ pageErrors }: Site, onCleanup: (check: () => void) => void): string[] {
  onCleanup(() => expect(pageErrors.splice(0)).toEqual([]))
  return pageErrors
}
