import type { Slot } from '@holdfast/contract/client'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, dataOf } from '../../lib/api/api.ts'

/** How often it is read again until a new calendar was read, and to see what it changed. */
const rereadMs = 10_000

export function busyCalendarQuery(doctorId: string) {
  return queryOptions({
    queryKey: ['busy-calendar', doctorId],
    queryFn: () => dataOf(api.getBusyCalendar({ path: { doctorId } })),
    refetchInterval: rereadMs,
  })
}

type Days = { doctorId: string; from: string; to: string }

/**
 * The slots that are blocked in these days, by id, with what blocks them; undefined until they are read. They are read
 * again when there are other `slots`, and from time to time; not when somebody books one of them.
 */
export function useBlockedSlots({ doctorId, from, to }: Days, slots: readonly Slot[], isEnabled = true) {
  const version = slots.map(({ id }) => id).join()
  const query = useQuery({
    queryKey: ['blocked-slots', doctorId, from, to, version],
    queryFn: async () => (await dataOf(api.listBlockedSlots({ path: { doctorId }, query: { from, to } }))).items,
    enabled: isEnabled,
    refetchInterval: rereadMs,
    placeholderData: (former, query) =>
      query?.queryKey[1] === doctorId && query.queryKey[2] === from ? former : undefined,
  })
  const { data } = query
  const byId = useMemo(() => data && new Map(data.map((blocked) => [blocked.slotId, blocked])), [data])
  return { byId, query }
}

export function useBusyCalendarActions(doctorId: string) {
  const queryClient = useQueryClient()
  const { queryKey } = busyCalendarQuery(doctorId)
  return {
    set: useMutation({
      mutationFn: (url: string) => dataOf(api.setBusyCalendar({ path: { doctorId }, body: { url } })),
      onSuccess: (state) => queryClient.setQueryData(queryKey, state),
    }),
    remove: useMutation({
      mutationFn: () => dataOf(api.deleteBusyCalendar({ path: { doctorId } })),
      onSettled: () => queryClient.invalidateQueries(),
    }),
  }
}
