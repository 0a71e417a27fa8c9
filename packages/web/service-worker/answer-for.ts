/**
 * Whence an answer comes: not touched at all; the page, kept for when the network is gone; a kept file of the build.
 */
export type Answer = 'network' | 'page' | 'asset'

const ofTheServer = /^\/(api|docs|openapi\.json|livez|readyz|metrics)(\/|$)/

/**
 * How the service worker handles a request. Nothing under /api is ever cached: availability and bookings come from the
 * server only.
 */
export function answerFor(request: { method: string; url: string; isNavigation: boolean }, origin: string): Answer {
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== origin || ofTheServer.test(url.pathname)) return 'network'
  if (request.isNavigation) return 'page'
  return url.pathname.startsWith('/assets/') ? 'asset' : 'network'
}
