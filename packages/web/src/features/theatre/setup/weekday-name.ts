import { formatDate } from '../../../lib/format.ts'

/** @param weekday 1 is Monday, 7 Sunday */
export function weekdayName(weekday: number): string {
  // 4 January 2027 is a Monday.
  return formatDate(`2027-01-${String(3 + weekday).padStart(2, '0')}`, { weekday: 'long' })
}
