// Nightly: all parts of the reference
import { expect } from 'vitest'
import { shownFindings } from './harness.ts'
import { test } from './site-test.ts'

test.for(['light', 'dark'] as const)(
  'the API reference names its language and is readable in %s colours',
  async (colorScheme, { site }) => {
    const page = await site.newPage({ colorScheme })
    await page.goto('/docs/')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByText('Client Libraries').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await shownFindings(page)).toEqual([])
  },
)
