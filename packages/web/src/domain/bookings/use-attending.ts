import type { Booking } from '@holdfast/contract/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import type { TicketLink } from './ticket-link.ts'
import { useBookingChanges } from './use-booking-changes.ts'

export type Attending = ReturnType<typeof useAttending>

/** Confirms that the patient comes. It is said of the slot that the page shows. */
export function useAttending(link: TicketLink) {
  const { attend } = useBookingChanges(link)
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ slotId }: Booking) => attend(slotId),
    // It may have been moved or cancelled meanwhile.
    onError: () =>
      void queryClient.invalidateQueries({ queryKey: bookingQuery(link.bookingId, link.manageToken).queryKey }),
  })
}
