import { notePosition } from '../api/position.ts'
import { openEventSource, openWebSocket } from './live-channels.ts'
import { createLiveFeed } from './live-feed.ts'

/** The page's live connection, shared by all components. */
export const pageFeed = createLiveFeed([openWebSocket, openEventSource], notePosition)

window.addEventListener('online', pageFeed.wake)
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') pageFeed.wake()
})
