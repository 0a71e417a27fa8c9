import type { Booking, ChangedBookingSeries } from '@holdfast/contract/client'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { useRequestKeys } from '../../lib/api/request-keys.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'

/** Who changes a series. `manageToken` null: by the account's cookie. */
export type SeriesAccess = { booking: Booking; manageToken: string | null }

const credential = (manageToken: string | null) => (manageToken === null ? {} : { auth: manageToken })

export function seriesQuery(seriesId: string, manageToken: string | null) {
  return queryOptions({
    queryKey: ['series', seriesId, manageToken === null ? 'account' : 'token'],
    queryFn: () => dataOf(api.getBookingSeries({ path: { seriesId }, ...credential(manageToken) })),
  })
}

/** By so many days, to a time `HH:MM`. */
export type SeriesShift = { fromNumber: number; days: number; time: string }

/** What a move would do; it is looked at again for every change of the time. */
export function movePreviewQuery(seriesId: string, manageToken: string | null, shift: SeriesShift) {
  return queryOptions({
    queryKey: ['series', seriesId, 'move', shift],
    queryFn: () => {
      const call = { path: { seriesId }, query: { dryRun: true }, body: shift }
      return dataOf(api.moveBookingSeries({ ...call, ...credential(manageToken) }))
    },
    gcTime: 0,
  })
}

/** Cancels or moves several visits of a series, once however often it is sent. */
export function useSeriesChange({ booking, manageToken }: SeriesAccess) {
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const seriesId = booking.series?.id ?? ''
  return useMutation({
    mutationFn: (change: { cancel: { fromNumber: number } } | { move: SeriesShift }): Promise<ChangedBookingSeries> => {
      const call = { path: { seriesId }, headers: requestKeys.headersFor(change), ...credential(manageToken) }
      return 'cancel' in change
        ? dataOf(api.cancelBookingSeries({ ...call, body: change.cancel }))
        : dataOf(api.moveBookingSeries({ ...call, body: change.move }))
    },
    onSuccess: () => requestKeys.clear(),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['series', seriesId] }),
        queryClient.invalidateQueries({ queryKey: ['booking'] }),
        queryClient.invalidateQueries({ queryKey: clinicKey(booking.clinicId) }),
      ]),
  })
}
