import type { BookingStatus, ClinicStats } from '@holdfast/contract/client'

type Day = ClinicStats['days'][number]

/** A day's bookings by status, without holds that were never confirmed. */
export function confirmedCounts({ bookings, lapsed, released }: Day): Record<BookingStatus, number> {
  return { ...bookings, FAILED: bookings.FAILED - lapsed, CANCELLED: bookings.CANCELLED - released }
}

/** The key of what is counted. A booking that was confirmed fails only when the clinic withdraws its slot. */
export function countLabel(status: BookingStatus) {
  return status === 'FAILED' ? ('shell:ended.slot_withdrawn' as const) : (`shell:status.${status}` as const)
}

/** How many holds of a day were never confirmed. */
export function neverConfirmed({ lapsed, released }: Day): number {
  return lapsed + released
}
