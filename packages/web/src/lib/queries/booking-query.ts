import type { Booking } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/api.ts'

/** @param manageToken null to use the account's cookie */
export function bookingQuery(bookingId: string, manageToken: string | null) {
  return queryOptions({
    // What the token reads and what the account reads are separate: one may be refused, and the other not.
    queryKey: ['booking', bookingId, manageToken === null ? 'account' : 'token'],
    queryFn: (): Promise<Booking> =>
      dataOf(api.getBooking({ path: { bookingId }, ...(manageToken === null ? {} : { auth: manageToken }) })),
    staleTime: 10_000,
  })
}
