import type { Browser, BrowserContext, BrowserContextOptions, CDPSession, Page } from 'playwright-core'

export type PageOptions = BrowserContextOptions & {
  /**
   * For tests of the first visit, the service worker or the clock of a page: a new browser context, in which nothing is
   * cached and service workers are allowed. Its state cannot be cleared completely, so it is not used again.
   */
  isNewContext?: boolean
  /**
   * For tests of what a page reads again every few seconds: its intervals of 4 s or more pass {@link intervalSpeed}
   * times as fast. Not for tests of what is pushed, which would pass because the page has read it again.
   */
  areIntervalsShort?: boolean
}

export type PagePool = {
  /** A page with empty cookies and storage, in a browser context that no other open page uses. */
  open(options?: PageOptions): Promise<Page>
  /** Closes all pages, and clears the cookies and the storage that they left. Call it after each test. */
  closePages(): Promise<void>
  /** Closes all contexts. */
  close(): Promise<void>
}

/** `anchor` is a page that stays open, so that the context keeps its process and the compiled scripts in it. */
type Reusable = { key: string; context: BrowserContext; anchor: Page; session: CDPSession }

const desktop = { width: 1280, height: 900 }
/** A small file of the site. */
export const blankPath = '/icons/icon.svg'
const clearedStorage = 'local_storage,indexeddb,cache_storage,service_workers'

/** How much faster the intervals of `areIntervalsShort` pass: a read every 10 s becomes one every 0.5 s. */
const intervalSpeed = 20
const shortenedMsMin = 4_000

/** Runs in a page before its scripts. */
function shortenIntervals({ speed, msMin }: { speed: number; msMin: number }): void {
  const setUnchanged = window.setInterval.bind(window)
  const setShortened = (handler: TimerHandler, ms = 0, ...more: unknown[]) =>
    setUnchanged(handler, ms < msMin ? ms : ms / speed, ...more)
  Object.defineProperty(window, 'setInterval', { configurable: true, writable: true, value: setShortened })
}

/**
 * Reuses browser contexts: until a page is loaded, it takes 1.4 s of processor time in a new one, and 0.6 s in a used
 * one, which has cached and compiled the site's scripts.
 */
export function createPagePool(browser: Browser, url: string): PagePool {
  const idle: Reusable[] = []
  const used: Reusable[] = []
  const newContexts: BrowserContext[] = []

  async function newContext(options: BrowserContextOptions): Promise<BrowserContext> {
    const context = await browser.newContext({
      baseURL: url,
      locale: 'en-GB',
      timezoneId: 'UTC',
      viewport: desktop,
      ...options,
    })
    context.setDefaultTimeout(90_000)
    return context
  }

  async function newReusable(key: string, options: BrowserContextOptions): Promise<Reusable> {
    // Requests that pass through a service worker are not routed through the test.
    const context = await newContext({ ...options, serviceWorkers: 'block' })
    const anchor = await context.newPage()
    await anchor.goto(blankPath)
    return { key, context, anchor, session: await context.newCDPSession(anchor) }
  }

  async function take(options: BrowserContextOptions): Promise<Reusable> {
    const key = JSON.stringify(options)
    const index = idle.findLastIndex((one) => one.key === key)
    const [found] = index === -1 ? [] : idle.splice(index, 1)
    const taken = found ?? (await newReusable(key, options))
    used.push(taken)
    return taken
  }

  async function newPage({ isNewContext = false, viewport = desktop, ...options }: PageOptions): Promise<Page> {
    if (isNewContext) {
      const context = await newContext({ ...options, viewport })
      newContexts.push(context)
      return await context.newPage()
    }
    const { context } = await take(options)
    const page = await context.newPage()
    if (viewport !== null && viewport !== desktop) await page.setViewportSize(viewport)
    return page
  }

  async function clear({ context, anchor, session }: Reusable): Promise<void> {
    await Promise.all(context.pages().map((page) => (page === anchor ? undefined : page.close())))
    await context.clearCookies()
    await session.send('Storage.clearDataForOrigin', { origin: url, storageTypes: clearedStorage })
  }

  return {
    async open({ areIntervalsShort = false, ...options } = {}) {
      const page = await newPage(options)
      if (areIntervalsShort) await page.addInitScript(shortenIntervals, { speed: intervalSpeed, msMin: shortenedMsMin })
      return page
    },
    async closePages() {
      const cleared = used.splice(0)
      await Promise.all([...newContexts.splice(0).map((context) => context.close()), ...cleared.map(clear)])
      idle.push(...cleared)
    },
    async close() {
      const contexts = [...idle.splice(0), ...used.splice(0)].map(({ context }) => context)
      await Promise.all([...contexts, ...newContexts.splice(0)].map((context) => context.close()))
    },
  }
}
