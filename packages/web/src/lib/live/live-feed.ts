import { type LiveMessage, parseLiveMessage } from './live-message.ts'

/** `live`: changes are pushed. `polling`: they are not, so data is read again at an interval. */
export type LiveState = 'connecting' | 'live' | 'polling'

export type LiveListener = {
  /** A message about a watched doctor. */
  slots(message: Extract<LiveMessage, { type: 'slots' }>): void
  /**
   * Anything of these doctors, which are watched, may have changed since: read again. Also once they are followed,
   * because what was read before lacks what happened in between; and every {@link pollMs} while nothing arrives by
   * itself.
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
 * while none works, and keeps trying the first one at growing intervals of up to a minute.
 */
export function createLiveFeed(ways: readonly OpenChannel[], onPosition: (position: string | null) => void): LiveFeed {
  const watches = createWatches()
  const state = createFeedState(() => watches.tellStale(watches.doctorIds()))
  let channel: Channel | null = null
  let way = 0
  let failures = 0
  let attempt = 0
  let answerTimer: ReturnType<typeof setTimeout> | undefined
  let retryTimer: ReturnType<typeof setTimeout> | undefined

  function hangUp(): void {
    attempt += 1
    clearTimeout(answerTimer)
    clearTimeout(retryTimer)
    channel?.close()
    channel = null
  }

  function connect(): void {
    hangUp()
    const open = ways[way]
    if (watches.size() === 0 || open === undefined) return
    const mine = attempt
    answerTimer = setTimeout(() => lost(mine), answerMsMax)
    channel = open(watches.doctorIds(), {
      message: (data) => {
        if (mine === attempt) heard(parseLiveMessage(data))
      },
      closed: () => lost(mine),
    })
  }

  function heard(message: LiveMessage | null): void {
    if (message === null) return
    clearTimeout(answerTimer)
    failures = 0
    onPosition(message.position)
    if (message.type === 'subscribed') state.become('live')
    if (message.type === 'slots') watches.tellSlots(message)
    else watches.tellStale(message.doctorIds)
  }

  function lost(which: number): void {
    if (which !== attempt) return
    hangUp()
    const wasLive = state.current() === 'live'
    const isLastWay = way >= ways.length - 1
    // A channel that has worked is tried again first; one that never has is followed by the next.
    way = wasLive || isLastWay ? 0 : way + 1
    if (!wasLive && !isLastWay) {
      connect()
      return
    }
    state.become(wasLive ? 'connecting' : 'polling')
    const delayMs = Math.min(retryMsMax, retryMsMin * 2 ** failures)
    failures += 1
    retryTimer = setTimeout(connect, delayMs * (0.75 + Math.random() / 2))
  }

  return {
    watch(doctorIds, listener) {
      const before = watches.doctorIds().join()
      const watch = { doctorIds, listener }
      watches.add(watch)
      const after = watches.doctorIds()
      if (channel === null) {
        way = 0
        state.become(state.current() === 'live' ? 'connecting' : state.current())
        connect()
      } else if (after.join() !== before && !channel.watch(after)) connect()
      return () => {
        watches.delete(watch)
        if (watches.size() > 0) return
        hangUp()
        state.reset()
      }
    },
    state: state.current,
    onState: state.onChange,
    wake() {
      if (watches.size() === 0 || state.current() === 'live') return
      way = 0
      failures = 0
      connect()
    },
  }
}

type Watch = { doctorIds: readonly string[]; listener: LiveListener }

/** Who watches which doctors. */
function createWatches() {
  const watches = new Set<Watch>()
  return {
    add: (watch: Watch) => watches.add(watch),
    delete: (watch: Watch) => watches.delete(watch),
    size: () => watches.size,
    doctorIds: () => [...new Set([...watches].flatMap(({ doctorIds }) => doctorIds))].sort(),
    tellStale(stale: readonly string[]) {
      for (const { doctorIds, listener } of watches) {
        const mine = doctorIds.filter((doctorId) => stale.includes(doctorId))
        if (mine.length > 0) listener.stale(mine)
      }
    },
    tellSlots(message: Extract<LiveMessage, { type: 'slots' }>) {
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
