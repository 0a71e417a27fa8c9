import { test as base, expect } from 'vitest'
import { findChromium, launchChromium } from './chromium.ts'
import { type Site, startSite } from './harness.ts'

/**
 * What to end when a worker ends, the latest first. Vitest cleans up the fixtures of a worker once for each test file
 * that ran in it, all at the same time; therefore only one of them does, and waits for this.
 */
function workerEnd() {
  const steps: (() => Promise<void>)[] = []
  let ended: Promise<void> | undefined
  const end = async () => {
    for (const step of steps.reverse()) await step()
  }
  return {
    add(step: () => Promise<void>) {
      steps.push(step)
    },
    end() {
      ended ??= end()
      return ended
    },
  }
}

/** `test` with one browser for all test files of a worker, for files that start their own site. */
export const browserTest = base
  .extend('chromium', { scope: 'worker' }, () => findChromium())
  .extend('worker', { scope: 'worker' }, async ({ chromium }, { onCleanup }) => {
    const { add, end } = workerEnd()
    const browser = await launchChromium(chromium)
    add(() => browser.close())
    onCleanup(end)
    return { browser, beforeItEnds: add }
  })
  .extend('browser', { scope: 'worker' }, ({ worker }) => worker.browser)

/**
 * `test` with one server and one browser for all test files of a worker. Each test creates a separate clinic, and finds
 * it by name, because the other tests' clinics exist too. At the end of a test its pages are closed, and it fails when
 * one of them had an error.
 */
export const test = browserTest
  .extend('site', { scope: 'worker' }, async ({ worker }) => {
    const site = await startSite(worker.browser)
    worker.beforeItEnds(() => site.stop())
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
