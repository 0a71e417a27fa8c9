import { parseDay } from '../../lib/local-time.ts'

/** `day`: which one is shown, today when absent. `clinicId`: for a doctor of several clinics. */
export type DaySearch = { day?: string; clinicId?: string }

export function parseDaySearch(search: Record<string, unknown>): DaySearch {
  const day = parseDay(search.day)
  const { clinicId } = search
  return { ...(day === null ? {} : { day }), ...(typeof clinicId === 'string' ? { clinicId } : {}) }
}
