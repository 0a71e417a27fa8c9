import type { BookingStatus } from '@holdfast/contract/client'

/** In the order in which they are stacked and listed. Told apart also by their lightness. */
export const statusColors: readonly { status: BookingStatus; color: string }[] = [
  { status: 'COMPLETED', color: 'pine.8' },
  { status: 'ARRIVED', color: 'pine.6' },
  { status: 'CONFIRMED', color: 'pine.4' },
  { status: 'PENDING', color: 'amber.4' },
  { status: 'NO_SHOW', color: 'red.6' },
  { status: 'CANCELLED', color: 'gray.5' },
  { status: 'FAILED', color: 'gray.3' },
]
