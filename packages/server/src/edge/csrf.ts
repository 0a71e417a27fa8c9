import type { FastifyRequest } from 'fastify'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Any value: a page of another site cannot send it without asking first (CORS). */
export const clientHeader = 'x-holdfast-client'

/**
 * Whether a request that a browser authenticated by cookie was meant by our own pages (or a configured origin's), after
 * OWASP's "Cross-Site Request Forgery Prevention", Fetch Metadata first. What is only read cannot be forged to harm.
 */
export function isMeant(request: FastifyRequest, corsOrigins: readonly string[]): boolean {
  if (safeMethods.has(request.method)) return true
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin !== undefined && corsOrigins.includes(origin)) return true
  if (site !== undefined) return site === 'same-origin'
  if (origin !== undefined) return URL.parse(origin)?.host === request.host
  return request.headers[clientHeader] !== undefined
}
