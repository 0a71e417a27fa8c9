import type { Booking, Clinic, Doctor, VisitType } from '@holdfast/contract/client'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { storedTicketQuery } from '../../domain/bookings/stored-ticket-queries.ts'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useVisitType } from '../../domain/visits/visit-type-queries.ts'
import { refusalCode, UnreachableError } from '../../lib/api/api-error.ts'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import { clinicQuery, doctorQuery } from '../../lib/queries/directory-queries.ts'
import { storeTicket } from '../../lib/stored-tickets.ts'

export type TicketState =
  | { kind: 'loading' }
  /** `isKept`: whether this device stores the ticket. */
  | { kind: 'failed'; error: unknown; retry: () => void; isKept: boolean }
  /** `keptAt`: without a network, when the ticket shown was stored (milliseconds since 1970). */
  | (TicketParts & { kind: 'shown'; keptAt: number | null; isKept: boolean })

/** `visitType`: what is booked in an open session; undefined: a slot, or it is not read yet. */
type TicketParts = { booking: Booking; doctor: Doctor; clinic: Clinic; visitType?: VisitType | undefined }

const rereadMs = 30_000

/** A booking with the data of its ticket; without a network, as it was last seen. */
export function useTicket({ bookingId, manageToken }: TicketLink): TicketState {
  const booking = useQuery({
    ...bookingQuery(bookingId, manageToken),
    retry: 1,
    // Signed out and without the code, the response stays the same.
    refetchInterval: ({ state }) => (refusalCode(state.error) === 'unauthenticated' ? false : rereadMs),
  })
  const doctor = useQuery({ ...doctorQuery(booking.data?.doctorId ?? ''), enabled: booking.data !== undefined })
  const clinic = useQuery({ ...clinicQuery(booking.data?.clinicId ?? ''), enabled: booking.data !== undefined })
  const visitType = useVisitType({ clinicId: '', ...booking.data })
  const error = booking.error ?? doctor.error ?? clinic.error
  const isOffline = error instanceof UnreachableError
  const stored = useQuery(storedTicketQuery(bookingId))
  const isKept = stored.data != null
  const shown = { booking: booking.data, doctor: doctor.data, clinic: clinic.data, visitType }
  useStored(isKept, shown, manageToken)

  if (isWhole(shown) && !isOffline) return { kind: 'shown', ...shown, keptAt: null, isKept }
  if (isOffline && stored.data) return { kind: 'shown', ...stored.data, isKept }
  if (error !== null && (!isOffline || stored.isFetched)) {
    return { kind: 'failed', error, retry: () => void booking.refetch(), isKept }
  }
  return { kind: 'loading' }
}

type Parts = { [Part in keyof TicketParts]: TicketParts[Part] | undefined }

function isWhole(parts: Parts): parts is TicketParts {
  return parts.booking !== undefined && parts.doctor !== undefined && parts.clinic !== undefined
}

/** A ticket that is kept on this device is stored again whenever a part of it changes. */
function useStored(isKept: boolean, parts: Parts, manageToken: string | null): void {
  const { booking, doctor, clinic, visitType } = parts
  useEffect(() => {
    if (isKept && booking && doctor && clinic) void storeTicket({ booking, doctor, clinic, visitType, manageToken })
  }, [isKept, booking, doctor, clinic, visitType, manageToken])
}
