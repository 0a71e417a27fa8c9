import type { SlotList } from '@holdfast/contract/client'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import type { LiveState } from './live/live-feed.ts'
import type { LiveMessage } from './live/live-message.ts'
import { pageFeed } from './live/page-feed.ts'
import { slotsKey, withAvailability } from './slots-query.ts'

export type LiveSlotsEvents = {
  /** Places of a watched doctor changed; the cached slots have been changed already. */
  onSlots?: (message: Extract<LiveMessage, { type: 'slots' }>) => void
  /** Read again whatever else is shown: something was missed, or nothing arrives by itself and this is the poll. */
  onStale?: () => void
}

/**
 * Keeps the cached slots of these doctors as they are now, while the component is shown: by the live feed, or by asking
 * again every ten seconds where no feed gets through. @returns which of the two it is
 */
export function useLiveSlots(doctorIds: readonly string[], events: LiveSlotsEvents = {}): LiveState {
  const queryClient = useQueryClient()
  const watched = [...new Set(doctorIds)].sort().join()

  const onSlots = useEffectEvent((message: Extract<LiveMessage, { type: 'slots' }>) => {
    const queryKey = slotsKey(message.doctorId)
    const apply = () =>
      queryClient.setQueriesData<SlotList>({ queryKey }, (list) => list && withAvailability(list, message.items))
    apply()
    // What is just being read may be older than this.
    for (const { promise } of readingNow(queryClient, message.doctorId)) void promise?.then(apply, () => undefined)
    const cached = queryClient.getQueriesData<SlotList>({ queryKey })
    const known = new Set(cached.flatMap(([, list]) => list?.items.map(({ id }) => id) ?? []))
    // A slot nobody has read yet may belong to a page that is shown.
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

/** First readings after which it is read again. */
const followedUp = new WeakSet<Promise<unknown>>()

/**
 * Reads a doctor's cached slots again. To ask again during a first reading is to wait for that one, which may have been
 * read too early: it is asked again when it has come.
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
