import type { FastifyRequest } from 'fastify'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Any value is accepted: a page of another site cannot send this header without a CORS preflight. */
export const clientHeader = 'x-holdfast-client'

/**
 * Whether a request with a session cookie comes from this site's pages (or those of a configured origin) and is not
 * forged. Follows OWASP's "Cross-Site Request Forgery Prevention", with Fetch Metadata first. Safe methods always pass.
 */
export function isIntended(request: FastifyRequest, corsOrigins: readonly string[]): boolean {
  if (safeMethods.has(request.method)) return true
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin !== undefined && corsOrigins.includes(origin)) return true
  if (site !== undefined) return site === 'same-origin'
  if (origin !== undefined) return URL.parse(origin)?.host === request.host
  return request.headers[clientHeader] !== undefined
}
