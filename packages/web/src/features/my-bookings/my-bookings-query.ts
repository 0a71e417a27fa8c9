import type { Booking } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { readAllPages } from '../../lib/api/read-pages.ts'

/** The account's bookings, at most a thousand: few enough to read them all and sort them here. */
export function myBookingsQuery(accountId: string) {
  return queryOptions({
    queryKey: ['my-bookings', accountId],
    queryFn: async (): Promise<Booking[]> => {
      const { items } = await readAllPages(10, (start) =>
        dataOf(api.listMyBookings({ query: { limit: 100, ...start } })),
      )
      return items
    },
    refetchInterval: 30_000,
  })
}
