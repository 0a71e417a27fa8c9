import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
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

/** The slots that the doctor's external calendar blocks, in these days. */
export function blockedSlotsQuery(doctorId: string, from: string, to: string) {
  return queryOptions({
    queryKey: ['blocked-slots', doctorId, from, to],
    queryFn: async () => (await dataOf(api.listBlockedSlots({ path: { doctorId }, query: { from, to } }))).slotIds,
  })
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
