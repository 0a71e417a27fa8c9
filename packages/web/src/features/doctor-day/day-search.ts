import { parseDay } from '../../lib/local-time.ts'

/** `day`: the day shown, by default today. `clinicId`: for a doctor of several clinics. */
export type DaySearch = { day?: string; clinicId?: string }

export function parseDaySearch(search: Record<string, unknown>): DaySearch {
  const day = parseDay(search.day)
  const { clinicId } = search
  return { ...(day === null ? {} : { day }), ...(typeof clinicId === 'string' ? { clinicId } : {}) }
}
