import type { Booking } from '@holdfast/contract/client'

/** The key of a booking's status in the shell's texts. Of one that ended without an appointment, it says why. */
export function statusLabel({ status, failureReason }: Pick<Booking, 'status' | 'failureReason'>) {
  return failureReason === null ? (`status.${status}` as const) : (`ended.${failureReason}` as const)
}
