import type { SlotList } from '@holdfast/contract/client'
import { useQueryClient } from '@tanstack/react-query'
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
    const cached = queryClient.getQueriesData<SlotList>({ queryKey: slotsKey(message.doctorId) })
    for (const [key, list] of cached) {
      if (list !== undefined) queryClient.setQueryData<SlotList>(key, withAvailability(list, message.items))
    }
    const known = new Set(cached.flatMap(([, list]) => list?.items.map(({ id }) => id) ?? []))
    // A slot nobody has read yet may belong to a page that is shown.
    if (message.items.some(({ id }) => !known.has(id))) {
      void queryClient.invalidateQueries({ queryKey: slotsKey(message.doctorId) })
    }
    events.onSlots?.(message)
  })
  const onStale = useEffectEvent((stale: readonly string[]) => {
    for (const doctorId of stale) void queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
    events.onStale?.()
  })

  useEffect(() => {
    if (watched === '') return
    return pageFeed.watch(watched.split(','), { slots: onSlots, stale: onStale })
  }, [watched])

  return useSyncExternalStore(pageFeed.onState, pageFeed.state)
}
