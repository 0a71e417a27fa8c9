import { type LiveMessage, parseLiveMessage } from './live-message.ts'

/** `live`: changes are pushed. `polling`: they are not, so data is read again at an interval. */
export type LiveState = 'connecting' | 'live' | 'polling'

export type LiveListener = {
  /** A message about a watched doctor. */
  slots(message: Extract<LiveMessage, { type: 'slots' }>): void
  /**
   * Any slot of these watched doctors may have changed: read them again. Called when the server has subscribed them,
   * because changes between the last read and the subscription are missing, and every {@link pollMs} while no channel
   * works.
   */
  stale(doctorIds: readonly string[]): void
}

/** A connection that receives changes. `close` is called once; no callback follows it. */
export type Channel = { close(): void; watch(doctorIds: readonly string[]): boolean }
export type ChannelEvents = { message(data: unknown): void; closed(): void }
export type OpenChannel = (doctorIds: readonly string[], events: ChannelEvents) => Channel

export const pollMs = 10_000
/** A channel that is silent for this long after it was opened is closed. */
const answerMsMax = 5_000
const retryMsMin = 1_000
const retryMsMax = 60_000

export type LiveFeed = {
  watch(doctorIds: readonly string[], listener: LiveListener): () => void
  state(): LiveState
  /** @returns a function that stops watching */
  onState(listener: () => void): () => void
  /** Reconnects immediately: the network is back, or the page is visible again. */
  wake(): void
}

/**
 * One connection for all that a page watches. Tries the channels in order (WebSocket, then server-sent events), polls
 * while none works, and retries the first one at growing intervals of up to a minute.
 */
export function createLiveFeed(
  channels: readonly OpenChannel[],
  onPosition: (position: string | null) => void,
): LiveFeed {
  const watches = createWatches()
  const state = createFeedState(() => watches.notifyStale(watches.doctorIds()))
  const connection = createConnection(channels, watches, state, (message) => {
    onPosition(message.position)
    if (message.type === 'subscribed') state.become('live')
    if (message.type === 'slots') watches.notifySlots(message)
    else watches.notifyStale(message.doctorIds)
  })
  return {
    watch(doctorIds, listener) {
      const before = watches.doctorIds().join()
      const watch = { doctorIds, listener }
      watches.add(watch)
      if (!connection.isOpen()) {
        state.become(state.current() === 'live' ? 'connecting' : state.current())
        connection.open()
      } else if (watches.doctorIds().join() !== before) connection.updateDoctors()
      return () => {
        watches.delete(watch)
        if (watches.size() > 0) return
        connection.close()
        state.reset()
      }
    },
    state: state.current,
    onState: state.onChange,
    wake() {
      if (watches.size() > 0 && state.current() !== 'live') connection.retryNow()
    },
  }
}

/** The open channel. It is reopened when it is lost, and replaced by the next kind if it never worked. */
function createConnection(
  channels: readonly OpenChannel[],
  watches: Watches,
  state: FeedState,
  onMessage: (message: LiveMessage) => void,
) {
  let channel: Channel | null = null
  /** The index in `channels` of the kind that is open, or is tried next. */
  let kind = 0
  let failures = 0
  /** Callbacks of earlier attempts are ignored. */
  let attempt = 0
  let answerTimer: ReturnType<typeof setTimeout> | undefined
  let retryTimer: ReturnType<typeof setTimeout> | undefined

  function close(): void {
    attempt += 1
    clearTimeout(answerTimer)
    clearTimeout(retryTimer)
    channel?.close()
    channel = null
  }

  function connect(): void {
    close()
    const openChannel = channels[kind]
    if (watches.size() === 0 || openChannel === undefined) return
    const mine = attempt
    answerTimer = setTimeout(() => onClosed(mine), answerMsMax)
    channel = openChannel(watches.doctorIds(), {
      message: (data) => {
        const message = mine === attempt ? parseLiveMessage(data) : null
        if (message === null) return
        clearTimeout(answerTimer)
        failures = 0
        onMessage(message)
      },
      closed: () => onClosed(mine),
    })
  }

  function onClosed(closedAttempt: number): void {
    if (closedAttempt !== attempt) return
    close()
    const wasLive = state.current() === 'live'
    const isLastKind = kind >= channels.length - 1
    // A kind that has worked is tried again first; one that never has is followed by the next.
    kind = wasLive || isLastKind ? 0 : kind + 1
    if (!wasLive && !isLastKind) {
      connect()
      return
    }
    state.become(wasLive ? 'connecting' : 'polling')
    const delayMs = Math.min(retryMsMax, retryMsMin * 2 ** failures)
    failures += 1
    retryTimer = setTimeout(connect, delayMs * (0.75 + Math.random() / 2))
  }

  /** Begins with the first kind of channel. */
  function open(): void {
    kind = 0
    connect()
  }

  return {
    isOpen: () => channel !== null,
    open,
    close,
    /** Other doctors are watched now. A channel that cannot change them is reopened. */
    updateDoctors(): void {
      if (channel?.watch(watches.doctorIds()) === false) connect()
    },
    retryNow(): void {
      failures = 0
      open()
    },
  }
}

type Watches = ReturnType<typeof createWatches>
type FeedState = ReturnType<typeof createFeedState>
type Watch = { doctorIds: readonly string[]; listener: LiveListener }

/** Who watches which doctors. */
function createWatches() {
  const watches = new Set<Watch>()
  return {
    add: (watch: Watch) => watches.add(watch),
    delete: (watch: Watch) => watches.delete(watch),
    size: () => watches.size,
    doctorIds: () => [...new Set([...watches].flatMap(({ doctorIds }) => doctorIds))].sort(),
    notifyStale(stale: readonly string[]) {
      for (const { doctorIds, listener } of watches) {
        const mine = doctorIds.filter((doctorId) => stale.includes(doctorId))
        if (mine.length > 0) listener.stale(mine)
      }
    },
    notifySlots(message: Extract<LiveMessage, { type: 'slots' }>) {
      for (const { doctorIds, listener } of watches) {
        if (doctorIds.includes(message.doctorId)) listener.slots(message)
      }
    },
  }
}

/** The state with its listeners. Calls `poll` at intervals unless the state is `live`. */
function createFeedState(poll: () => void) {
  const listeners = new Set<() => void>()
  let current: LiveState = 'connecting'
  let pollTimer: ReturnType<typeof setInterval> | undefined
  const stopPolling = () => {
    clearInterval(pollTimer)
    pollTimer = undefined
  }
  return {
    current: () => current,
    become(next: LiveState): void {
      if (next === 'live') stopPolling()
      // A running timer continues; otherwise every failed attempt would postpone it.
      else pollTimer ??= setInterval(poll, pollMs)
      if (current === next) return
      current = next
      for (const listener of listeners) listener()
    },
    /** For when nothing is watched any more. */
    reset(): void {
      stopPolling()
      current = 'connecting'
    },
    onChange(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
