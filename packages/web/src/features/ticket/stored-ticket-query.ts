import { queryOptions } from '@tanstack/react-query'
import { readStoredTicket } from '../../lib/stored-tickets.ts'

/** The ticket as it is stored on this device; null: it is not. Also answered without a network. */
export function storedTicketQuery(bookingId: string) {
  return queryOptions({
    queryKey: ['stored-ticket', bookingId],
    queryFn: () => readStoredTicket(bookingId),
    networkMode: 'always',
    staleTime: 0,
  })
}
