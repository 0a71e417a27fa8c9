import { searchedDays } from '../../lib/time/searched-days.ts'

/** `day`: the day shown, by default today. `clinicId`: for a doctor of several clinics. */
export type DaySearch = { day?: string; clinicId?: string }

export function parseDaySearch(search: Record<string, unknown>): DaySearch {
  const { clinicId } = search
  return { ...searchedDays(search, 'day'), ...(typeof clinicId === 'string' ? { clinicId } : {}) }
}
