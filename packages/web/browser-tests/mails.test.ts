// Nightly: all e-mails in all languages, wide and narrow
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { shownFindings } from './harness.ts'
import { type MailPreview, mailSchemes, mailWidths, withMailPreviews } from './mail-previews.ts'
import { browserTest as test } from './site-test.ts'

/** What is wrong with mails as mail programs show them, one line each. */
async function faultsOf(browser: Browser, mails: readonly MailPreview[]): Promise<string[]> {
  const faults: string[] = []
  const context = await browser.newContext()
  const page = await context.newPage()
  for (const { name, url } of mails) {
    await page.goto(url)
    for (const width of mailWidths) {
      await page.setViewportSize({ width, height: 800 })
      const contentWidth = await page.evaluate(() => document.documentElement.scrollWidth)
      if (contentWidth > width) faults.push(`${name}: ${contentWidth} px wide at ${width} px`)
    }
    for (const colorScheme of mailSchemes) {
      await page.emulateMedia({ colorScheme })
      faults.push(...(await shownFindings(page)).map((line) => `${name}, ${colorScheme}: ${line}`))
    }
  }
  await context.close()
  return faults
}

test('every mail fits into 600 and 320 pixels, and axe finds nothing, light and dark', async ({ browser }) => {
  await withMailPreviews(async (mails) => {
    expect(mails.filter(({ name }) => name.endsWith('.ar')).length).toBeGreaterThan(10)
    expect(await faultsOf(browser, mails)).toEqual([])
  })
})

test('negative control: a mail that is too wide, and one that is hard to read in the dark, are found', async ({
  browser,
}) => {
  const mail = (name: string, body: string) => {
    const style = '@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } }'
    const head = `<meta name="viewport" content="width=device-width"><title>Mail</title><style>${style}</style>`
    const html = `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`
    return { name, url: `data:text/html,${encodeURIComponent(html)}` }
  }
  const faults = await faultsOf(browser, [
    mail('wide', '<p style="width: 500px">Text</p>'),
    mail('dark', '<p style="color: #222">Text</p>'),
  ])
  expect(faults).toEqual([
    expect.stringMatching(/^wide: \d+ px wide at 320 px$/),
    expect.stringMatching(/^dark, dark: color-contrast/),
  ])
})
