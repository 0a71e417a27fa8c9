import type { BookingStatus } from '@holdfast/contract/client'

/** The statuses in the order of stacks and lists. */
export const statusesInOrder: readonly BookingStatus[] = [
  'COMPLETED',
  'ARRIVED',
  'CONFIRMED',
  'PENDING',
  'NO_SHOW',
  'CANCELLED',
  'FAILED',
]

/** A variable of the class `palette` in status-mark.module.css. */
export function statusColor(status: BookingStatus): string {
  return `var(--status-${status.toLowerCase().replace('_', '-')})`
}
