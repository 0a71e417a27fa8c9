import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/page.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { router } from './app/router.tsx'
import { RefusedError, UnreachableError } from './lib/api-error.ts'
import { startTexts } from './lib/i18n.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('The page has no #root.')

// A page of a build that is no longer there asks for what is: once, or it would go on for ever.
window.addEventListener('vite:preloadError', (event) => {
  // Without a network nothing else would come either, and what is on the page would be gone.
  if (navigator.onLine === false) return
  const reloadedAt = Number(sessionStorage.getItem('holdfast-reloaded-at') ?? 0)
  if (Date.now() - reloadedAt < 60_000) return
  event.preventDefault()
  sessionStorage.setItem('holdfast-reloaded-at', String(Date.now()))
  window.location.reload()
})

// Browsers that have Temporal don't load another one.
await ('Temporal' in globalThis ? null : import('temporal-polyfill/global'))
// The page's script and data are on their way beside the texts, not after them.
await Promise.all([startTexts(), router.load()])
createRoot(root, {
  // A page that was refused, or a lost network, is shown as such: that is an answer, not an error.
  onCaughtError: (error) => {
    if (!(error instanceof RefusedError || error instanceof UnreachableError)) console.error(error)
  },
}).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // The site works without it; what it adds is the page without a network.
  navigator.serviceWorker.register('/sw.js').catch((error: unknown) => console.warn('no service worker', error))
}
