import type { LiveState } from '../../lib/live/live-feed.ts'

/** What is read again while nothing is reported. */
const pollMs = 5_000
/** While changes are reported: holds lapse, and cases become late and run into the next day, without being one. */
const unreportedReadMs = 30_000
/** The pause after the server has closed the stream for good: the session or the role has ended, or it is full. */
const reconnectMs = 30_000
/** After a connection, what changed before it is read: not at once, because the page is reading everything anyway. */
const connectedReadMs = 1_000
/** However many people book at once. */
const rereadMsMin = 500

type LiveTheatre = {
  state(): LiveState
  /** @returns a function that stops listening */
  onState(listener: () => void): () => void
  stop(): void
}

type Dependencies = {
  /** Opens the server-sent events of theatre-live.ts of the contract. */
  open: () => Pick<EventSource, 'addEventListener' | 'close' | 'readyState'>
  /** Something has changed, or may have. */
  onChange: () => void
  isVisible: () => boolean
}

/**
 * Calls `onChange` when a clinic's theatre has changed: when the server reports it, and every few seconds while it
 * cannot.
 */
export function createLiveTheatre({ open, onChange, isVisible }: Dependencies): LiveTheatre {
  const listeners = new Set<() => void>()
  let state: LiveState = 'connecting'
  let source: ReturnType<Dependencies['open']> | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let reconnecting: ReturnType<typeof setTimeout> | undefined
  let connected: ReturnType<typeof setTimeout> | undefined
  let throttled: ReturnType<typeof setTimeout> | undefined
  let isDue = false
  let isStopped = false

  const become = (next: LiveState) => {
    if (state === next) return
    state = next
    for (const listener of listeners) listener()
    schedule()
  }
  const schedule = () => {
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        if (isVisible()) onChange()
        schedule()
      },
      state === 'live' ? unreportedReadMs : pollMs,
    )
  }
  const reread = () => {
    // The first is read at once, and what is reported meanwhile a moment later.
    if (throttled !== undefined) return
    onChange()
    throttled = setTimeout(() => {
      throttled = undefined
      if (!isDue) return
      isDue = false
      reread()
    }, rereadMsMin)
  }
  const connect = () => {
    source = open()
    source.addEventListener('theatre', () => {
      if (isStopped) return
      if (state !== 'live') {
        become('live')
        clearTimeout(connected)
        connected = setTimeout(reread, connectedReadMs)
      } else if (throttled === undefined) reread()
      else isDue = true
    })
    source.addEventListener('error', () => {
      if (isStopped) return
      become('polling')
      clearTimeout(connected)
      // 2: closed. Otherwise it reconnects by itself.
      if (source?.readyState !== 2) return
      clearTimeout(reconnecting)
      reconnecting = setTimeout(connect, reconnectMs)
    })
  }
  connect()
  schedule()
  return {
    state: () => state,
    onState(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      isStopped = true
      source?.close()
      for (const each of [timer, reconnecting, connected, throttled]) clearTimeout(each)
    },
  }
}
