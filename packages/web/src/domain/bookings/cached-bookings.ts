import type { Booking } from '@holdfast/contract/client'
import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import type { AllPages } from '../../lib/api/read-pages.ts'
import { bookingKey, bookingListsKey, bookingSearchesKey } from '../../lib/queries/clinic-queries.ts'

/** What the query cache has of a clinic's bookings: lists, searches and single bookings. */
export function cachedBookings(queryClient: QueryClient, clinicId: string) {
  const lists = { queryKey: bookingListsKey(clinicId) }
  const searches = { queryKey: bookingSearchesKey(clinicId) }
  return {
    /** Replaces earlier versions of a booking. The page may have read a later one. */
    update(changed: Booking): void {
      const newest = (one: Booking) => (one.id === changed.id && one.version < changed.version ? after(one) : one)
      // Only lists have the flags of its patient.
      const after = ({ patientFlags }: Booking) => (patientFlags === undefined ? changed : { ...changed, patientFlags })
      queryClient.setQueriesData<AllPages<Booking>>(lists, (read) => read && inItems(read, newest))
      queryClient.setQueriesData<InfiniteData<{ items: Booking[] }>>(
        searches,
        (read) => read && { ...read, pages: read.pages.map((page) => inItems(page, newest)) },
      )
      queryClient.setQueryData<Booking>(bookingKey(clinicId, changed.id), (one) => one && newest(one))
    },
    /** Whether a later version of a booking has been read. */
    hasLater({ id, version }: Booking): boolean {
      const read = [
        ...queryClient.getQueriesData<AllPages<Booking>>(lists).flatMap(([, list]) => list?.items ?? []),
        ...queryClient
          .getQueriesData<InfiniteData<{ items: Booking[] }>>(searches)
          .flatMap(([, search]) => search?.pages.flatMap(({ items }) => items) ?? []),
        queryClient.getQueryData<Booking>(bookingKey(clinicId, id)),
      ]
      return read.some((one) => one?.id === id && one.version > version)
    },
  }
}

function inItems<Page extends { items: Booking[] }>(page: Page, change: (booking: Booking) => Booking): Page {
  return { ...page, items: page.items.map(change) }
}
