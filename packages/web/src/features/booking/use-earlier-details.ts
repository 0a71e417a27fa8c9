import type { Booking } from '@holdfast/contract/client'
import { useQuery } from '@tanstack/react-query'
import { parseTicketLink } from '../../domain/bookings/ticket-link.ts'
import type { Details } from '../../domain/hold/attempt.ts'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import { useHiddenFragment } from '../../lib/secret-links/use-hidden-fragment.ts'

const secret = /^[0-9a-f-]{36}\.hfm_[A-Za-z0-9_-]{16,200}$/

/**
 * The patient's details from an earlier booking, where its ticket led here, or the e-mail that its time was withdrawn:
 * they are read by its manage token, and no URL contains them. null: nothing of the kind led here, the token is void,
 * or the patient was erased. undefined: not known yet.
 */
export function useEarlierDetails(): Details | null | undefined {
  const link = parseTicketLink(useHiddenFragment(secret) ?? '')
  const { bookingId = '', manageToken = null } = link ?? {}
  const booking = useQuery({
    ...bookingQuery(bookingId, manageToken),
    enabled: link !== null,
    retry: false,
    select: detailsOfBooking,
  })
  return link === null || booking.isError ? null : booking.data
}

function detailsOfBooking({ patient, reason }: Booking): Details | null {
  const { name, email = '', phone = '' } = patient
  return name === '' ? null : { name, email, phone, reason: reason ?? '' }
}
