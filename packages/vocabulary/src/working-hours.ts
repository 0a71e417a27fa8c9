import { sessionLimits, slotLimits } from './limits.ts'

/** The limits of a doctor's working hours. */
export const workingHoursLimits = {
  bandsMax: 50,
  everyWeeks: { min: 1, max: 52 },
  gridMinutes: sessionLimits.gridMinutes,
  slotMinutes: { min: slotLimits.slotMinutesMin, max: slotLimits.slotMinutesMax },
  /** So many bookings that a change concerns are listed; all are counted. */
  affectedMax: 100,
  /** So many sessions and slots working hours have at most up to the clinic's booking horizon: about, see sizeOfBands. */
  sessionsMax: 5_000,
  slotsMax: 50_000,
  /** How long the database plans what a change leads to. */
  previewMsMax: 5_000,
  /** So many days ahead it is said that working hours end. */
  endNoticeDays: 28,
} as const

/** A part of a week. Weekdays are 1 (Monday) to 7; times `HH:MM`, `24:00` as an end. See {@link minutesOfBand}. */
export type BandTimes = { weekdays: readonly number[]; from: string; to: string; everyWeeks: number }

/** Two bands that overlap: their places in the list, and a weekday, 1–7, on which the second one begins. */
export type BandOverlap = { first: number; second: number; weekday: number }

const dayMinutes = 1_440

/** In minutes since the midnight of its day: a band ends on the next day if its end is not after its start. */
export function minutesOfBand({ from, to }: Pick<BandTimes, 'from' | 'to'>): { start: number; end: number } {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  return { start, end: end > start ? end : end + dayMinutes }
}

/** About how many sessions and slots bands have in so many days: as many weeks, and parts of one, are in them. */
export function sizeOfBands(
  bands: readonly (BandTimes & { slotMinutes: number | null })[],
  days: number,
): { sessions: number; slots: number } {
  const size = { sessions: 0, slots: 0 }
  for (const { slotMinutes, ...band } of bands) {
    const { start, end } = minutesOfBand(band)
    const times = (band.weekdays.length * days) / 7 / band.everyWeeks
    if (slotMinutes === null) size.sessions += times
    else size.slots += times * Math.floor((end - start) / slotMinutes)
  }
  return { sessions: Math.round(size.sessions), slots: Math.round(size.slots) }
}

function minutesOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

/** The first two bands of which a day of one overlaps a day of the other, by their local times; null: none do. */
export function overlappingBands(bands: readonly BandTimes[]): BandOverlap | null {
  for (const [second, later] of bands.entries()) {
    for (const [first, earlier] of bands.slice(0, second).entries()) {
      const weekday = overlapOf(earlier, later)
      if (weekday !== null) return { first, second, weekday }
    }
  }
  return null
}

function overlapOf(one: BandTimes, other: BandTimes): number | null {
  const [a, b] = [minutesOfBand(one), minutesOfBand(other)]
  for (const weekday of other.weekdays) {
    for (const day of one.weekdays) {
      // In the same week, where both are in the first one; and on a Sunday and the Monday after it.
      const shifts = [0, ...(sundayAndMonday(day, weekday, one, other) ?? [])]
      for (const shift of shifts) {
        const days = weekday - day + shift
        const start = b.start + days * dayMinutes
        if (start < a.end && a.start < start + b.end - b.start) return weekday
      }
    }
  }
  return null
}

/** By how many days the other band is further away than in one week, if weeks of both follow one another. */
function sundayAndMonday(day: number, weekday: number, one: BandTimes, other: BandTimes): number[] | null {
  if (gcd(one.everyWeeks, other.everyWeeks) !== 1) return null
  if (day === 7 && weekday === 1) return [7]
  return day === 1 && weekday === 7 ? [-7] : null
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
