import type { BookingEvent } from '@holdfast/contract/client'

/** Why a booking ended without an appointment. */
const ends = ['hold_expired', 'hold_released', 'slot_withdrawn', 'slot_closed', 'time_taken'] as const

/** The key of an event's text. If the booking ended without an appointment, it is that of its status (statusLabel). */
export function eventLabel({ type, reason }: Pick<BookingEvent, 'type' | 'reason'>) {
  return isEnd(reason) ? (`shell:ended.${reason}` as const) : (`admin:events.${type}` as const)
}

function isEnd(reason: string | null): reason is (typeof ends)[number] {
  return ends.some((one) => one === reason)
}
