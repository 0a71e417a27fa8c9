/**
 * Where a response comes from. `network`: the request is passed through. `page`: the site's page, from the cache if the
 * server cannot be reached. `asset`: a file of the build, from the cache.
 */
export type ResponseSource = 'network' | 'page' | 'asset'

const serverPaths = /^\/(api|docs|help|robots\.txt|sitemap\.xml|openapi\.json|livez|readyz|metrics)(\/|$)/

/**
 * Where the service worker gets the response to a request. Nothing under /api is ever cached: availability and bookings
 * come from the server only.
 */
export function responseSource(
  request: { method: string; url: string; isNavigation: boolean },
  origin: string,
): ResponseSource {
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== origin || serverPaths.test(url.pathname)) return 'network'
  if (request.isNavigation) return 'page'
  return url.pathname.startsWith('/assets/') ? 'asset' : 'network'
}
