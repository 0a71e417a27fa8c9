import type { BookingStatus } from '@holdfast/vocabulary'

/**
 * Statistics of a clinic over local days [from, to] of the slots' starts. Rates are 0–1, null if the divisor is zero.
 */
export type ClinicStats = {
  days: {
    date: string
    /** Of the day's slots in units, those of visits included. */
    capacity: number
    taken: number
    /** Of fixed slots their length for each unit; of open sessions what visits could be booked in (session_minutes). */
    openMinutes: number
    /** How many of them are booked or held. */
    takenMinutes: number
    bookings: Partial<Record<BookingStatus, number>>
    /** How many of those FAILED are holds that lapsed. */
    lapsed: number
    /** How many of those CANCELLED are holds that were released before they were confirmed. */
    released: number
  }[]
  totals: Record<BookingStatus, number>
  /** takenMinutes ÷ openMinutes */
  utilisation: number | null
  /** FAILED hold_expired ÷ all bookings */
  lapseRate: number | null
  /** NO_SHOW ÷ (ARRIVED + COMPLETED + NO_SHOW) */
  noShowRate: number | null
  /** median hours from createdAt to startsAt of bookings that were not FAILED or CANCELLED */
  leadTimeHoursMedian: number | null
}
