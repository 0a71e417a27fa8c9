import type { BookingHistory } from '@holdfast/contract/client'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { pageByPage } from '../../../lib/api/read-pages.ts'
import { type BookingsFilter, bookingSearchesKey, clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'
import type { BookingsSearch } from '../admin-search.ts'

const pageSize = 50

/** The clinic's bookings that match a search, page by page, with what patients of withdrawn slots have got since. */
export function bookingSearchQuery(
  clinicId: string,
  filter: BookingsFilter & Pick<BookingsSearch, 'attendance'> & { q?: string; confirmedOnly: boolean },
) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...bookingSearchesKey(clinicId), filter],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.listClinicBookings({
          path: { clinicId },
          query: { ...filter, withBookedSince: true, limit: pageSize, ...pageParam },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: rereadMs,
  })
}

export function historyQuery(clinicId: string, bookingId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'history', bookingId],
    queryFn: async (): Promise<BookingHistory['items']> =>
      (await dataOf(api.listBookingEvents({ path: { bookingId } }))).items,
    refetchInterval: rereadMs,
  })
}
