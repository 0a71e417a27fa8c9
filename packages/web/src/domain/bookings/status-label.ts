import type { Booking } from '@holdfast/contract/client'

/** The key of a booking's status in the shell's texts. If the booking ended without an appointment, it says why. */
export function statusLabel({ status, failureReason }: Pick<Booking, 'status' | 'failureReason'>) {
  return failureReason === null ? (`status.${status}` as const) : (`ended.${failureReason}` as const)
}

/** The same for the patient: it says who cancelled the booking. */
export function ownStatusLabel(booking: Pick<Booking, 'status' | 'failureReason' | 'cancelledBy'>) {
  if (booking.status !== 'CANCELLED' || booking.failureReason !== null) return statusLabel(booking)
  // A ticket that an earlier version stored does not say who.
  const by = booking.cancelledBy ?? null
  if (by === null) return statusLabel(booking)
  return by === 'patient' ? ('cancelled.you' as const) : ('cancelled.clinic' as const)
}
