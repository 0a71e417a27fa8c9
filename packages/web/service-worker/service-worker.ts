/// <reference lib="webworker" />
import { responseSource } from './response-source.ts'

declare const self: ServiceWorkerGlobalScope

/** Inserted by the build; see service-worker-of-build.ts. */
const shell: { version: string; files: string[] } = JSON.parse('__HOLDFAST_SHELL__')
const cacheName = `holdfast-shell-${shell.version}`

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(cacheName).then(async (cache) => {
      await cache.addAll(shell.files)
      await self.skipWaiting()
    }),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then(async (names) => {
      const old = names.filter((name) => name.startsWith('holdfast-shell-') && name !== cacheName)
      await Promise.all(old.map((name) => caches.delete(name)))
      await self.clients.claim()
    }),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const source = responseSource(
    { method: request.method, url: request.url, isNavigation: request.mode === 'navigate' },
    self.location.origin,
  )
  if (source === 'network') return
  if (source === 'page') event.respondWith(page(request))
  else event.respondWith(asset(request))
})

/**
 * The page from the server, so that a new build is used immediately; the cached one if the server cannot be reached.
 */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const cached = await caches.match('/', { cacheName })
    if (cached === undefined) throw error
    return cached
  }
}

/** The name contains a hash, so the content never changes. */
async function asset(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName })) ?? fetch(request)
}
