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
const silentMsMax = 5_000
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

/** Grows with the failures so far, and is spread so that browsers do not all reconnect at once. */
function retryDelayMs(failures: number): number {
  return Math.min(retryMsMax, retryMsMin * 2 ** failures) * (0.75 + Math.random() / 2)
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
  let attemptTimer: ReturnType<typeof setTimeout> | undefined

  function close(): void {
    attempt += 1
    clearTimeout(attemptTimer)
    channel?.close()
    channel = null
  }

  function connect(): void {
    close()
    const openChannel = channels[kind]
    if (watches.size() === 0 || openChannel === undefined) return
    const mine = attempt
    attemptTimer = setTimeout(() => onClosed(mine), silentMsMax)
    channel = openChannel(watches.doctorIds(), {
      message: (data) => {
        const message = mine === attempt ? parseLiveMessage(data) : null
        if (message === null) return
        clearTimeout(attemptTimer)
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
    // A kind that never worked is followed at once by the next; otherwise the first is tried again, after a pause.
    kind = wasLive || kind >= channels.length - 1 ? 0 : kind + 1
    if (kind > 0) connect()
    else {
      state.become(wasLive ? 'connecting' : 'polling')
      attemptTimer = setTimeout(connect, retryDelayMs(failures))
      failures += 1
    }
  }

  function open(): void {
    kind = 0
    connect()
  }

  /** Other doctors are watched now. A channel that cannot change them is reopened. */
  function updateDoctors(): void {
    if (channel?.watch(watches.doctorIds()) === false) connect()
  }

  function retryNow(): void {
    failures = 0
    open()
  }

  return { isOpen: () => channel !== null, open, close, updateDoctors, retryNow }
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
    /** Called when nothing is watched any more. */
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
