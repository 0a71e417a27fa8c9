import type { Page } from 'playwright-core'
import type { Site } from './harness.ts'

export const whoAmI = '/api/v1/whoami'

/** The requests that a page sends to the API, in order; more are added. */
export function sentBy(page: Page): string[] {
  const sent: string[] = []
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url())
    if (pathname.startsWith('/api/v1/')) sent.push(pathname + search)
  })
  return sent
}

/** Opens the page without its program: only the script in index.html runs. */
export async function openWithoutProgram(page: Page, path: string): Promise<void> {
  await page.route(/\/assets\/.*\.js$/, () => undefined)
  await page.goto(path, { waitUntil: 'commit' })
}

/** How many requests were denied, as the security log says. */
export async function denials(site: Site): Promise<number> {
  const { rows } = await site.database.ownerPool.query<{ count: number }>(
    `select count(*)::integer as count from holdfast.audit_event where kind = 'denied'`,
  )
  return rows[0]?.count ?? 0
}
