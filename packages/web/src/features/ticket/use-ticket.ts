import type { Booking, Clinic, Doctor } from '@holdfast/contract/client'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { UnreachableError } from '../../lib/api-error.ts'
import { bookingQuery } from '../../lib/booking-query.ts'
import { clinicQuery, doctorQuery } from '../../lib/directory-queries.ts'
import { readStoredTicket, storeTicket } from '../../lib/stored-tickets.ts'

export type TicketState =
  | { kind: 'loading' }
  | { kind: 'failed'; error: unknown; retry: () => void }
  /** `keptAt`: without a network, when the ticket shown was stored (milliseconds since 1970). */
  | { kind: 'shown'; booking: Booking; doctor: Doctor; clinic: Clinic; keptAt: number | null }

const rereadMs = 30_000

/** A booking with the data of its ticket; without a network, as it was last seen. */
export function useTicket({ bookingId, manageToken }: TicketLink): TicketState {
  const booking = useQuery({ ...bookingQuery(bookingId, manageToken), retry: 1, refetchInterval: rereadMs })
  const doctor = useQuery({ ...doctorQuery(booking.data?.doctorId ?? ''), enabled: booking.data !== undefined })
  const clinic = useQuery({ ...clinicQuery(booking.data?.clinicId ?? ''), enabled: booking.data !== undefined })
  const error = booking.error ?? doctor.error ?? clinic.error
  const isOffline = error instanceof UnreachableError
  const stored = useQuery({
    queryKey: ['stored-ticket', bookingId],
    queryFn: () => readStoredTicket(bookingId),
    enabled: isOffline,
    staleTime: 0,
  })
  const shown = { booking: booking.data, doctor: doctor.data, clinic: clinic.data }
  useStored(shown.booking, shown.doctor, shown.clinic)

  if (isWhole(shown) && !isOffline) return { kind: 'shown', ...shown, keptAt: null }
  if (isOffline && stored.data) return { kind: 'shown', ...stored.data }
  if (error !== null && (!isOffline || stored.isFetched)) {
    return { kind: 'failed', error, retry: () => void booking.refetch() }
  }
  return { kind: 'loading' }
}

type Parts = { booking: Booking | undefined; doctor: Doctor | undefined; clinic: Clinic | undefined }

function isWhole(parts: Parts): parts is { booking: Booking; doctor: Doctor; clinic: Clinic } {
  return parts.booking !== undefined && parts.doctor !== undefined && parts.clinic !== undefined
}

/** Stores the three together whenever one of them changes. */
function useStored(booking: Booking | undefined, doctor: Doctor | undefined, clinic: Clinic | undefined): void {
  useEffect(() => {
    if (booking && doctor && clinic) void storeTicket({ booking, doctor, clinic })
  }, [booking, doctor, clinic])
}
