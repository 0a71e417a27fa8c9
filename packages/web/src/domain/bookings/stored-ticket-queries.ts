import { queryOptions, useQueryClient } from '@tanstack/react-query'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import { forgetTicket, readStoredTicket, readStoredTickets } from '../../lib/stored-tickets.ts'
import type { TicketLink } from './ticket-link.ts'

/** These queries are also answered without a network. */
const local = { networkMode: 'always', staleTime: 0 } as const

/** The ticket as it is stored on this device; null: it is not. */
export function storedTicketQuery(bookingId: string) {
  return queryOptions({
    queryKey: ['stored-tickets', bookingId],
    queryFn: () => readStoredTicket(bookingId),
    ...local,
  })
}

/** All tickets that are stored on this device, by their appointments. */
export const storedTicketsQuery = queryOptions({
  queryKey: ['stored-tickets'],
  queryFn: readStoredTickets,
  ...local,
})

/** Removes a ticket from this device. `leave` closes the page that shows it, before its data is removed. */
export function useForgetTicket() {
  const queryClient = useQueryClient()
  return async ({ bookingId, manageToken }: TicketLink, leave?: () => Promise<void>): Promise<void> => {
    await forgetTicket(bookingId)
    await leave?.()
    queryClient.removeQueries(storedTicketQuery(bookingId))
    queryClient.removeQueries(bookingQuery(bookingId, manageToken))
    await queryClient.invalidateQueries({ ...storedTicketsQuery, exact: true })
  }
}
