import type { FastifyRequest } from 'fastify'
import { type ProblemError, problem } from '../errors/problem-error.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Any value is accepted: a page of another site cannot send this header without a CORS preflight. */
export const clientHeader = 'x-holdfast-client'

/** Where this server's own pages are, and those of other sites that may call it. */
export type KnownOrigins = { publicUrl: string; corsOrigins: readonly string[] }

/**
 * Whether a request with a session cookie comes from this site's pages (or those of a configured origin) and is not
 * forged. Follows OWASP's "Cross-Site Request Forgery Prevention", with Fetch Metadata first. Safe methods always pass.
 */
export function isIntended(request: FastifyRequest, { publicUrl, corsOrigins }: KnownOrigins): boolean {
  if (safeMethods.has(request.method)) return true
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin !== undefined && corsOrigins.includes(origin)) return true
  if (site !== undefined || origin !== undefined) return isOwnPage(request, publicUrl)
  return request.headers[clientHeader] !== undefined
}

/** Whether a request comes from a script of this site's own pages. Programs may claim it; pages cannot hide it. */
export function isOwnPage({ headers, host }: FastifyRequest, publicUrl: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  if (site !== undefined) return site === 'same-origin'
  // A proxy may pass on another Host than the browser's.
  return origin !== undefined && (origin === publicUrl || URL.parse(origin)?.host === host)
}

/** The refusal of a request that is not intended. It names both origins, so that its operator can compare them. */
export function originForbidden({ headers: { origin } }: FastifyRequest, { publicUrl }: KnownOrigins): ProblemError {
  if (origin === undefined) {
    const detail = `A request with a session cookie needs the header Origin, Sec-Fetch-Site or ${clientHeader}.`
    return problem('origin_forbidden', detail)
  }
  const page = originOf(origin)
  const from =
    page === null
      ? 'This request comes from a page that hides its origin'
      : `This request comes from a page of ${page}, but this server is at ${publicUrl}. If ${page} is its public ` +
        'address, set HOLDFAST_URL to it'
  return problem('origin_forbidden', `${from}.`)
}

/** What a header Origin names; null: nothing, as in a sandboxed frame. */
export function originOf(header: string): string | null {
  const url = URL.parse(header)
  return url === null ? null : url.origin
}
