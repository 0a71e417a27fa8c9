import type { Booking } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../lib/api.ts'

const pageSize = 100
const pagesMax = 10

/** The account's bookings, up to a thousand: nobody has as many, and then they can be sorted as they are read. */
export function myBookingsQuery(accountId: string) {
  return queryOptions({
    queryKey: ['my-bookings', accountId],
    queryFn: async (): Promise<Booking[]> => {
      const bookings: Booking[] = []
      let cursor: string | null = null
      for (let page = 0; page < pagesMax; page += 1) {
        const query = { limit: pageSize, ...(cursor === null ? {} : { cursor }) }
        const answer: { items: Booking[]; nextCursor: string | null } = await ask(api.listMyBookings({ query }))
        bookings.push(...answer.items)
        cursor = answer.nextCursor
        if (cursor === null) break
      }
      return bookings
    },
    refetchInterval: 30_000,
  })
}
