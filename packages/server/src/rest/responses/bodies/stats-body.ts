import type { ClinicStatsBody } from '@holdfast/contract'
import type { BookingStatus, ClinicStats } from '@holdfast/engine'

/** The body of statistics: a status without bookings counts 0. */
export function statsBody(stats: ClinicStats): ClinicStatsBody {
  const { days, ...figures } = stats
  return { ...figures, days: days.map((day) => ({ ...day, bookings: allCounts(day.bookings) })) }
}

function allCounts(counts: Partial<Record<BookingStatus, number>>): Record<BookingStatus, number> {
  return { PENDING: 0, CONFIRMED: 0, FAILED: 0, CANCELLED: 0, ARRIVED: 0, NO_SHOW: 0, COMPLETED: 0, ...counts }
}
