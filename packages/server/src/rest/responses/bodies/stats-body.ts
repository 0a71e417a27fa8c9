import type { ClinicStatsBody } from '@holdfast/contract'
import type { ClinicStats } from '@holdfast/engine'
import type { BookingStatus } from '@holdfast/vocabulary'
import type { CsvRow } from '../csv.ts'

/** The body of statistics: a status without bookings counts 0. */
export function statsBody(stats: ClinicStats): ClinicStatsBody {
  const { days, ...figures } = stats
  return { ...figures, days: days.map((day) => ({ ...day, bookings: allCounts(day.bookings) })) }
}

/** A row for each day; the counts of bookings have the names of their statuses. */
export function statsRows({ days }: ClinicStatsBody): { columns: string[]; rows: CsvRow[] } {
  const statuses = Object.keys(allCounts({})) as BookingStatus[]
  return {
    columns: ['date', 'capacity', 'taken', 'openMinutes', 'takenMinutes', ...statuses, 'lapsed', 'released'],
    rows: days.map(({ date, capacity, taken, openMinutes, takenMinutes, bookings, lapsed, released }) => [
      date,
      capacity,
      taken,
      openMinutes,
      takenMinutes,
      ...statuses.map((status) => bookings[status]),
      lapsed,
      released,
    ]),
  }
}

function allCounts(counts: Partial<Record<BookingStatus, number>>): Record<BookingStatus, number> {
  return { PENDING: 0, CONFIRMED: 0, FAILED: 0, CANCELLED: 0, ARRIVED: 0, NO_SHOW: 0, COMPLETED: 0, ...counts }
}
