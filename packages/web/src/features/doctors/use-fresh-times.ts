import { useThrottledCallback } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { doctorQuery } from '../../lib/directory-queries.ts'
import { useLiveSlots } from '../../lib/use-live-slots.ts'
import type { DoctorSearch } from './doctor-search.ts'
import { doctorsQuery, withDoctors } from './doctors-query.ts'

/** A connection follows 50 doctors by default. */
const watchedMax = 48
/** Where many people book, next free times change all the time: often enough is once in so long. */
const rereadMsMin = 5_000
/** Of more than these the whole list is read again. */
const changedMax = 8
/** While no changes arrive by themselves. */
const listMsMin = 30_000

/**
 * Keeps the next free times of the doctors shown as they are now. Each stays where it stands: a list that is put into
 * another order under a reader's finger has the wrong doctor pressed.
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
    // The rest of the list is no newer for it.
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
