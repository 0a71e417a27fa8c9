import type { Booking } from '@holdfast/contract/client'

type Labelled = Pick<Booking, 'status' | 'failureReason' | 'requestedAt'> & Partial<Pick<Booking, 'cancelledBy'>>

/** What became of a request that was not approved; null: it is none, or was approved. */
export function requestState({ status, failureReason, requestedAt, cancelledBy }: Labelled) {
  if (requestedAt === undefined) return null
  if (status === 'PENDING') return 'waiting'
  if (failureReason === 'hold_expired') return 'lapsed'
  if (failureReason === 'time_taken') return 'taken'
  if (failureReason !== 'hold_released') return null
  return cancelledBy === 'clinic' ? 'declined' : 'withdrawn'
}

const requestLabels = {
  waiting: 'requested.waiting',
  declined: 'requested.declined',
  taken: 'ended.time_taken',
  withdrawn: 'requested.withdrawn',
  lapsed: 'requested.lapsed',
} as const

/** The key of a booking's status in the shell's texts. If the booking ended without an appointment, it says why. */
export function statusLabel(booking: Labelled) {
  const { status, failureReason } = booking
  const request = requestState(booking)
  if (request !== null) return requestLabels[request]
  return failureReason === null ? (`status.${status}` as const) : (`ended.${failureReason}` as const)
}

/** The same for the patient: it says who cancelled the booking. */
export function ownStatusLabel(booking: Labelled) {
  if (booking.status !== 'CANCELLED' || booking.failureReason !== null) return statusLabel(booking)
  // A ticket that an earlier version stored does not say who.
  const by = booking.cancelledBy ?? null
  if (by === null) return statusLabel(booking)
  return by === 'patient' ? ('cancelled.you' as const) : ('cancelled.clinic' as const)
}
