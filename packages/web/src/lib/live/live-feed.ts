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
  const watches = new Set<{ doctorIds: readonly string[]; listener: LiveListener }>()
  const stateListeners = new Set<() => void>()
  let state: LiveState = 'connecting'
  let channel: Channel | null = null
  let way = 0
  let failures = 0
  let attempt = 0
  let answerTimer: ReturnType<typeof setTimeout> | undefined
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let pollTimer: ReturnType<typeof setInterval> | undefined

  const wanted = () => [...new Set([...watches].flatMap(({ doctorIds }) => doctorIds))].sort()
  const tellStale = (stale: readonly string[]) => {
    for (const { doctorIds, listener } of watches) {
      const mine = doctorIds.filter((doctorId) => stale.includes(doctorId))
      if (mine.length > 0) listener.stale(mine)
    }
  }

  function stopPolling(): void {
    clearInterval(pollTimer)
    pollTimer = undefined
  }

  function become(next: LiveState): void {
    if (next === 'live') stopPolling()
    // A running timer continues; otherwise every failed attempt would postpone it.
    else pollTimer ??= setInterval(() => tellStale(wanted()), pollMs)
    if (state === next) return
    state = next
    for (const listener of stateListeners) listener()
  }

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
    if (watches.size === 0 || open === undefined) return
    const mine = attempt
    answerTimer = setTimeout(() => lost(mine), answerMsMax)
    channel = open(wanted(), {
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
    if (message.type === 'subscribed') become('live')
    if (message.type !== 'slots') tellStale(message.doctorIds)
    else {
      for (const { doctorIds, listener } of watches) {
        if (doctorIds.includes(message.doctorId)) listener.slots(message)
      }
    }
  }

  function lost(which: number): void {
    if (which !== attempt) return
    hangUp()
    const wasLive = state === 'live'
    const isLastWay = way >= ways.length - 1
    // A channel that has worked is tried again first; one that never has is followed by the next.
    way = wasLive || isLastWay ? 0 : way + 1
    if (!wasLive && !isLastWay) {
      connect()
      return
    }
    become(wasLive ? 'connecting' : 'polling')
    const delayMs = Math.min(retryMsMax, retryMsMin * 2 ** failures)
    failures += 1
    retryTimer = setTimeout(connect, delayMs * (0.75 + Math.random() / 2))
  }

  return {
    watch(doctorIds, listener) {
      const before = wanted().join()
      const watch = { doctorIds, listener }
      watches.add(watch)
      const after = wanted()
      if (channel === null) {
        way = 0
        become(state === 'live' ? 'connecting' : state)
        connect()
      } else if (after.join() !== before && !channel.watch(after)) connect()
      return () => {
        watches.delete(watch)
        if (watches.size > 0) return
        hangUp()
        stopPolling()
        state = 'connecting'
      }
    },
    state: () => state,
    onState(listener) {
      stateListeners.add(listener)
      return () => stateListeners.delete(listener)
    },
    wake() {
      if (watches.size === 0 || state === 'live') return
      way = 0
      failures = 0
      connect()
    },
  }
}
