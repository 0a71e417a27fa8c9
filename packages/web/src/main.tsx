import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/page.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { printInLight } from './app/print-in-light.ts'
import { router } from './app/router.tsx'
import { isUnloadedCode, noteUnloadedCode, RefusedError, UnreachableError } from './lib/api/api-error.ts'
import { startTexts } from './lib/i18n/i18n.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')

// A page of an earlier build reloads when its files are gone; once, to avoid a loop.
window.addEventListener('vite:preloadError', (event) => {
  noteUnloadedCode(event.payload)
  // Without a network a reload would fail, and the page would be lost.
  if (navigator.onLine === false) return
  const reloadedAt = Number(sessionStorage.getItem('holdfast-reloaded-at') ?? 0)
  if (Date.now() - reloadedAt < 60_000) return
  sessionStorage.setItem('holdfast-reloaded-at', String(Date.now()))
  window.location.reload()
})

printInLight()

// The polyfill is loaded only by browsers without Temporal.
await ('Temporal' in globalThis ? null : import('temporal-polyfill/global'))
// The route loads in parallel with the texts.
await Promise.all([startTexts(), router.load()])
createRoot(root, {
  // A refused page or a lost network is rendered as such.
  onCaughtError: (error) => {
    const isRendered = error instanceof RefusedError || error instanceof UnreachableError || isUnloadedCode(error)
    if (!isRendered) console.error(error)
  },
}).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // Optional: it only adds the page without a network.
  navigator.serviceWorker.register('/sw.js').catch((error: unknown) => console.warn('no service worker', error))
}
