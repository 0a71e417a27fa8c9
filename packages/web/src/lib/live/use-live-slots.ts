import type { SlotList } from '@holdfast/contract/client'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import { notePosition } from '../api/position.ts'
import { slotsKey, withAvailability } from '../queries/slots-query.ts'
import { createLiveFeed, type LiveState, type OpenChannel } from './live-feed.ts'
import type { LiveMessage } from './live-message.ts'

export type LiveSlotsEvents = {
  /** The availability of a watched doctor changed; the cached slots are updated already. */
  onSlots?: (message: Extract<LiveMessage, { type: 'slots' }>) => void
  /** Other data has to be read again: changes were missed, or this is a poll without a live connection. */
  onStale?: () => void
}

/**
 * Keeps the cached slots of these doctors up to date while the component is mounted: by the live feed, or by reading
 * them every ten seconds without one. @returns the state of the connection
 */
export function useLiveSlots(doctorIds: readonly string[], events: LiveSlotsEvents = {}): LiveState {
  const queryClient = useQueryClient()
  const watched = [...new Set(doctorIds)].sort().join()

  const onSlots = useEffectEvent((message: Extract<LiveMessage, { type: 'slots' }>) => {
    const queryKey = slotsKey(message.doctorId)
    const apply = () =>
      queryClient.setQueriesData<SlotList>({ queryKey }, (list) => list && withAvailability(list, message.items))
    apply()
    // A read under way may return older data than the message.
    for (const { promise } of readingNow(queryClient, message.doctorId)) void promise?.then(apply, () => undefined)
    const cached = queryClient.getQueriesData<SlotList>({ queryKey })
    const known = new Set(cached.flatMap(([, list]) => list?.items.map(({ id }) => id) ?? []))
    // An unknown slot may belong to a page that is shown.
    if (message.items.some(({ id }) => !known.has(id))) readAgain(queryClient, message.doctorId)
    events.onSlots?.(message)
  })
  const onStale = useEffectEvent((stale: readonly string[]) => {
    for (const doctorId of stale) readAgain(queryClient, doctorId)
    events.onStale?.()
  })

  useEffect(() => {
    if (watched === '') return
    return pageFeed.watch(watched.split(','), { slots: onSlots, stale: onStale })
  }, [watched])

  return useSyncExternalStore(pageFeed.onState, pageFeed.state)
}

function readingNow(queryClient: QueryClient, doctorId: string) {
  return queryClient.getQueryCache().findAll({ queryKey: slotsKey(doctorId), fetchStatus: 'fetching' })
}

/** First reads that are followed by a second one. */
const followedUp = new WeakSet<Promise<unknown>>()

/**
 * Reads a doctor's cached slots again. Invalidating a query during its first read only waits for that read, which may
 * be too old; so the query is invalidated again after it.
 */
function readAgain(queryClient: QueryClient, doctorId: string): void {
  const queryKey = slotsKey(doctorId)
  for (const { promise, state } of readingNow(queryClient, doctorId)) {
    if (state.data !== undefined || promise === undefined || followedUp.has(promise)) continue
    followedUp.add(promise)
    void promise.then(
      () => queryClient.invalidateQueries({ queryKey }),
      () => undefined,
    )
  }
  void queryClient.invalidateQueries({ queryKey })
}

/** `/api/v1/live`: `subscribe` adds doctors to the connection, `unsubscribe` removes them. */
const openWebSocket: OpenChannel = (doctorIds, events) => {
  const url = new URL('/api/v1/live', window.location.origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  let followed: readonly string[] = []
  let wanted = doctorIds
  const send = (type: 'subscribe' | 'unsubscribe', ids: readonly string[]) => {
    if (ids.length > 0) socket.send(JSON.stringify({ type, doctorIds: ids }))
  }
  const follow = () => {
    const [before, after] = [followed, wanted]
    followed = after
    // Unsubscribe first: the number of subscriptions is limited.
    send(
      'unsubscribe',
      before.filter((id) => !after.includes(id)),
    )
    send(
      'subscribe',
      after.filter((id) => !before.includes(id)),
    )
  }
  socket.addEventListener('open', follow)
  socket.addEventListener('message', ({ data }) => events.message(data))
  socket.addEventListener('close', () => events.closed())
  return {
    watch(next) {
      wanted = next
      if (socket.readyState === WebSocket.OPEN) follow()
      return true
    },
    close: () => socket.close(),
  }
}

/** `/api/v1/live/events`, for networks that block WebSockets. The same messages, one per event. */
const openEventSource: OpenChannel = (doctorIds, events) => {
  const source = new EventSource(`/api/v1/live/events?${new URLSearchParams({ doctorIds: doctorIds.join(',') })}`)
  for (const type of ['message', 'subscribed', 'slots', 'resync']) {
    source.addEventListener(type, (event) => events.message((event as MessageEvent<unknown>).data))
  }
  // EventSource would reconnect forever; the feed decides what to try next.
  source.addEventListener('error', () => events.closed())
  return { watch: () => false, close: () => source.close() }
}

/** The page's live connection, shared by all components. */
const pageFeed = createLiveFeed([openWebSocket, openEventSource], notePosition)

window.addEventListener('online', pageFeed.wake)
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') pageFeed.wake()
})
