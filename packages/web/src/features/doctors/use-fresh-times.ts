import { useThrottledCallback } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useLiveSlots } from '../../lib/live/use-live-slots.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import type { DoctorSearch } from './doctor-search.ts'
import { doctorsQuery, withDoctors } from './doctors-query.ts'

/** By default a connection can subscribe to 50 doctors. */
const watchedMax = 48
/** There is at most one update in this time: next free slots change constantly where many people book. */
const rereadMsMin = 5_000
/** Above this number of changed doctors the whole list is read again. */
const changedMax = 8
/** The interval without a live connection. */
const listMsMin = 30_000

/**
 * Keeps the next free slots of the listed doctors up to date. The order does not change: reordering the list under a
 * finger would open the wrong doctor.
 */
export function useFreshTimes(search: DoctorSearch, doctorIds: readonly string[]): void {
  const queryClient = useQueryClient()
  const { queryKey } = doctorsQuery(queryClient, search)
  const changed = useRef(new Set<string>())
  const readAt = () => queryClient.getQueryState(queryKey)?.dataUpdatedAt ?? 0
  const reread = useThrottledCallback(async () => {
    const ids = [...changed.current]
    changed.current.clear()
    if (ids.length > changedMax) {
      await queryClient.invalidateQueries({ queryKey })
      return
    }
    const read = (id: string) =>
      queryClient.fetchQuery({ ...doctorQuery(id), staleTime: 0, retry: false }).catch(() => null)
    const now = (await Promise.all(ids.map(read))).filter((doctor) => doctor !== null)
    // The rest of the list is not newer.
    queryClient.setQueryData(queryKey, (found) => found && withDoctors(found, now), { updatedAt: readAt() })
  }, rereadMsMin)
  useLiveSlots(doctorIds.slice(0, watchedMax), {
    onSlots: ({ doctorId }) => {
      changed.current.add(doctorId)
      reread()
    },
    onStale: () => {
      if (Date.now() - readAt() > listMsMin) void queryClient.invalidateQueries({ queryKey })
    },
  })
}
