import type { BookingStatus } from '@holdfast/contract/client'

/** What a booking is again once the last mark on it is taken back; null: there is none to take back. */
export function reopenedStatus(status: BookingStatus): BookingStatus | null {
  switch (status) {
    case 'ARRIVED':
    case 'NO_SHOW':
      return 'CONFIRMED'
    case 'COMPLETED':
      return 'ARRIVED'
    case 'PENDING':
    case 'CONFIRMED':
    case 'CANCELLED':
    case 'FAILED':
      return null
  }
}
