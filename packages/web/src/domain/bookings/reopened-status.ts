import type { BookingStatus } from '@holdfast/contract/client'

/** The status that reopening a booking returns to; null if it cannot be reopened. */
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
