import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHoldfastClient, type HoldfastClient } from '@holdfast/contract/client'
import { compileCacheEnvironment, createTestDatabase, drawnOfRun, type TestDatabase } from '@holdfast/testkit'
import type { Browser, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { createPagePool, type PageOptions } from './page-pool.ts'

/** A Holdfast server in a separate process, on a separate database, and a browser. */
export type Site = {
  /** `http://localhost:PORT` */
  url: string
  database: TestDatabase
  browser: Browser
  /**
   * A page in a separate browser context, with empty cookies and storage. English, 1280 × 900, unless `options` differ.
   */
  newPage(options?: PageOptions): Promise<Page>
  /** The same, with what is at a path. */
  open(path: string, options?: PageOptions): Promise<Page>
  /** Closes all pages; the fixtures of `site-test.ts` do so after each test. */
  closePages(): Promise<void>
  /** The API as the site administrator. */
  admin: HoldfastClient
  /**
   * The errors of all pages so far: uncaught exceptions, refused scripts, errors on the console. Error responses of the
   * API are not among them. Expect it to be empty.
   */
  pageErrors: string[]
  stop(): Promise<void>
}

export const administrator = { email: 'admin@example.org', password: 'correct horse battery' }

const axeSource = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const root = fileURLToPath(new URL('../../..', import.meta.url))
const readyPattern = /^Holdfast is ready at http:\S+:(\d+)$/m

/**
 * @param settings environment of the server, beside its database; limits are off and there is no demo clinic by default
 */
export async function startSite(browser: Browser, settings: Record<string, string> = {}): Promise<Site> {
  const database = await createTestDatabase()
  const pageErrors: string[] = []
  try {
    const server = await startServer(database, settings)
    const url = `http://localhost:${server.port}`
    const pool = createPagePool(browser, url)
    const newPage = async (options?: PageOptions) => {
      const page = await pool.open(options)
      page.on('pageerror', (error) => pageErrors.push(`${page.url()}: ${error.stack ?? error.message}`))
      page.on('console', (message) => {
        const isRefusal = /Failed to load resource|WebSocket connection/.test(message.text())
        if (message.type() === 'error' && !isRefusal) pageErrors.push(`${page.url()}: ${message.text()}`)
      })
      return page
    }
    return {
      url,
      database,
      browser,
      pageErrors,
      admin: await signedInClient(url, administrator),
      newPage,
      async open(path, options) {
        const page = await newPage(options)
        await page.goto(path)
        return page
      },
      closePages: () => pool.closePages(),
      async stop() {
        await pool.close()
        await endServer(server.child)
        await database.drop()
      },
    }
  } catch (error) {
    await database.drop()
    throw error
  }
}

/** An API client that is signed in, with a bearer token as programs use it. */
async function signedInClient(url: string, account: { email: string; password: string }): Promise<HoldfastClient> {
  const { data, error } = await createHoldfastClient({ baseUrl: url }).signIn({ body: account })
  const token = data?.token
  if (typeof token !== 'string') throw new Error(`${account.email} could not sign in: ${JSON.stringify(error)}`)
  return createHoldfastClient({ baseUrl: url, bearer: token })
}

/** An e-mail address that no other test uses. */
export function anAddress(): string {
  return `${randomUUID()}@example.org`
}

/** Creates an account through the API, with an e-mail address that no other test uses. */
export async function signUp(url: string, name: string): Promise<{ email: string; password: string }> {
  const account = { email: anAddress(), password: 'a password of the tests' }
  const { error } = await createHoldfastClient({ baseUrl: url }).signUp({ body: { name, ...account } })
  if (error !== undefined) throw new Error(`${name} could not sign up: ${JSON.stringify(error)}`)
  return account
}

/** Signs in with the form; ends at `to`. */
export async function signInPage(page: Page, account: { email: string; password: string }, to = '/'): Promise<void> {
  await page.goto(`/sign-in?${new URLSearchParams({ to })}`)
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => url.pathname !== '/sign-in')
}

/** Waits until the page has loaded all of its data; call it once the page itself is there, by its heading. */
export async function untilRead(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"], .mantine-Skeleton-root') === null)
}

/** Waits until the page has drawn what it has read so far: call it before looking for what must not be shown yet. */
export async function untilDrawn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    // A timer after a frame: the page handles a response in several steps.
    for (let step = 0; step < 5; step += 1) {
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    }
  })
}

/** Waits until the focus is on an element with this text. */
export async function untilFocused(page: Page, text: string | RegExp): Promise<void> {
  await page.locator(':focus').filter({ hasText: text }).waitFor()
}

/** Presses a button of a dialog, and waits until it is closed. */
export async function closeBy(dialog: Locator, button: string | RegExp): Promise<void> {
  await dialog.getByRole('button', { name: button }).click()
  await dialog.waitFor({ state: 'detached' })
}

/** WCAG 2.2 AA */
const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** All rules of WCAG 2.2 AA, and best practice. */
const allRules = { type: 'tag', values: [...wcag, 'best-practice'] }

/** The rules that depend on colours (axe's category `cat.color`). */
const colorRules = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

/**
 * What axe finds against WCAG 2.2 AA in both colour schemes, one line each. Expect it to be empty. `.ci/run` draws one
 * of the two at each call: they took 0.7 and 0.5 s beside other work.
 *
 * Begins with the scheme that is shown, and leaves the page in the last one: a switch takes 0.2 s of processor time.
 * Only the button and the command that switch between the schemes have another text in each. What differs elsewhere
 * are colours, so the other scheme is checked against the rules about colours, which take half of the processor time of
 * all rules.
 *
 * @param otherRules `all` checks both schemes against all rules, in every run
 */
export async function axeFindings(page: Page, otherRules: 'all' | 'colors' = 'colors'): Promise<string[]> {
  const isDark = (await page.locator('html[data-mantine-color-scheme="dark"]').count()) > 0
  const both: ColorScheme[] = isDark ? ['dark', 'light'] : ['light', 'dark']
  const isDrawn = otherRules === 'colors' && ['first', 'rest'].includes(process.env.HOLDFAST_TEST_PART ?? '')
  const findings: string[] = []
  for (const [index, scheme] of (isDrawn ? drawnOfRun(both) : both).entries()) {
    const rules = index === 0 || otherRules === 'all' ? allRules : colorRules
    findings.push(...(await findingsIn(page, scheme, rules)))
  }
  await page.emulateMedia({ reducedMotion: null })
  return findings
}

type ColorScheme = 'light' | 'dark'

async function findingsIn(page: Page, colorScheme: ColorScheme, runOnly: object): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.waitForFunction(
    (scheme) => document.documentElement.getAttribute('data-mantine-color-scheme') === scheme,
    colorScheme,
  )
  await page.waitForFunction(endAnimations)
  return (await violationsIn(page, runOnly)).map((line) => `${colorScheme}: ${line}`)
}

/** What axe finds against WCAG 2.2 AA in what is no page of the site, such as a mail, as it is shown now. */
export function shownFindings(page: Page): Promise<string[]> {
  return violationsIn(page, { type: 'tag', values: wcag })
}

async function violationsIn(page: Page, runOnly: object): Promise<string[]> {
  // It is an expression, because the page's CSP would block a script.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource)
  return page.evaluate(async (rules) => {
    const { axe: inPage } = window as unknown as {
      axe: { run(where: Document, options: object): Promise<AxeResults> }
    }
    type AxeResults = {
      violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[]
    }
    // Only violations are described in full: nothing reads the other results.
    const { violations } = await inPage.run(document, { runOnly: rules, resultTypes: ['violations'] })
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`),
    )
  }, runOnly)
}

/**
 * Runs in the page: ends all transitions, which take 0.1 to 0.2 s, because during one the colours belong to neither
 * colour scheme. Returns false while something is loading, which is an animation without an end.
 */
function endAnimations(): boolean {
  const animations = document.getAnimations()
  for (const animation of animations) {
    const endTime = Number(animation.effect?.getComputedTiming().endTime)
    if (Number.isFinite(endTime)) animation.finish()
  }
  return animations.every(({ playState }) => playState !== 'running')
}

/** Expects that {@link axeFindings} are none, and that nothing is beside the page. */
export async function expectReadable(page: Page): Promise<void> {
  expect(await axeFindings(page)).toEqual([])
  expect(await sidewaysPixels(page)).toBe(0)
}

/** Changes the size of the page, and expects that nothing is beside it once it has loaded all of its data. */
export async function expectFits(page: Page, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size)
  await untilRead(page)
  expect(await sidewaysPixels(page)).toBe(0)
}

/** The number of pixels by which the page can be scrolled sideways. Expect 0. */
export function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })
}

async function startServer(
  database: Pick<TestDatabase, 'ownerUrl' | 'appUrl'>,
  settings: Record<string, string>,
): Promise<{ port: number; child: ChildProcess }> {
  const child = spawn(process.execPath, [join(root, 'packages/cli/src/main.ts'), 'start'], {
    env: {
      PATH: process.env.PATH,
      ...compileCacheEnvironment(),
      DATABASE_URL: database.ownerUrl,
      DATABASE_APP_URL: database.appUrl,
      PORT: '0',
      HOLDFAST_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
      HOLDFAST_ADMIN_EMAIL: administrator.email,
      HOLDFAST_ADMIN_PASSWORD: administrator.password,
      HOLDFAST_RATE_LIMIT: 'off',
      HOLDFAST_DEMO: 'off',
      HOLDFAST_LOG_LEVEL: 'warn',
      ...settings,
    },
    // The channel closes when this process ends, and the server then stops.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  const ready = new Promise<number>((resolve, reject) => {
    const take = (chunk: unknown) => {
      output += String(chunk)
      const port = readyPattern.exec(output)?.[1]
      if (port !== undefined) resolve(Number(port))
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.once('close', (code) => reject(new Error(`The server ended (${code}) before it was ready:\n${output}`)))
  })
  return { port: await ready, child }
}

async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  child.kill('SIGTERM')
  await ended
}

/** A refusal that the site does not retry by itself. */
export const rateLimited = {
  status: 429,
  contentType: 'application/problem+json',
  json: { type: 'urn:holdfast:problem:rate_limited', title: '', detail: '', status: 429, code: 'rate_limited' },
}
