import type { Booking } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

const dayMs = 86_400_000

/**
 * Whether a booking belongs to the account. That the account can read it is not enough: the clinic's members can read
 * it too.
 */
export function isOwnQuery(accountId: string, { id, startsAt }: Pick<Booking, 'id' | 'startsAt'>) {
  const day = new Date(startsAt).toISOString().slice(0, 10)
  return queryOptions({
    queryKey: ['my-bookings', accountId, 'has', id, day],
    queryFn: async (): Promise<boolean> => {
      const { items } = await dataOf(api.listMyBookings({ query: { from: day, to: day, limit: 100 } }))
      return items.some((booking) => booking.id === id)
    },
    staleTime: dayMs,
  })
}
