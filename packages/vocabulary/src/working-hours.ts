import { sessionLimits, slotLimits } from './limits.ts'
import { addDays, daysBetween, mondayOf } from './local-day.ts'

/** The limits of a doctor's working hours. */
export const workingHoursLimits = {
  bandsMax: 50,
  everyWeeks: { min: 1, max: 52 },
  gridMinutes: sessionLimits.gridMinutes,
  slotMinutes: { min: slotLimits.slotMinutesMin, max: slotLimits.slotMinutesMax },
  /** So many bookings that a change concerns are listed; all are counted. */
  affectedMax: 100,
  /** Of today and later: hours from a day on, and others that follow them. */
  versionsMax: 50,
  /** About how many sessions and slots all of them have up to the clinic's booking horizon: see sizeOfBands. */
  sessionsMax: 5_000,
  slotsMax: 50_000,
  /** How long the database plans what a change leads to. */
  previewMsMax: 5_000,
  /** The end of working hours is announced so many days ahead. */
  endNoticeDays: 28,
} as const

/** A part of a week. Weekdays are 1 (Monday) to 7; times `HH:MM`, `24:00` as an end. See {@link minutesOfBand}. */
export type BandTimes = { weekdays: readonly number[]; from: string; to: string } & BandWeeks

/** Every n-th week, of which one has the day `inWeekOf`; null: each week. Weeks begin on Mondays. */
export type BandWeeks = { everyWeeks: number; inWeekOf: string | null }

/** Two bands that overlap: their places in the list, and a weekday, 1–7, on which the second one begins. */
export type BandOverlap = { first: number; second: number; weekday: number }

const dayMinutes = 1_440

/** In minutes since the midnight of its day: a band ends on the next day if its end is not after its start. */
export function minutesOfBand({ from, to }: Pick<BandTimes, 'from' | 'to'>): { start: number; end: number } {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  return { start, end: end > start ? end : end + dayMinutes }
}

/** The Monday of the first of these weeks that is not over on a day; without `inWeekOf`, of the week of this day. */
export function firstWeekOf({ everyWeeks, inWeekOf }: BandWeeks, day: string): string {
  const monday = mondayOf(day)
  return addDays(monday, 7 * remainder(weeksBetween(monday, inWeekOf ?? day), everyWeeks))
}

/** The first days on which a band begins, at most `count`, from a day on and until another, if there is one. */
export function daysOfBand(
  { weekdays, ...weeks }: Pick<BandTimes, 'weekdays' | 'everyWeeks' | 'inWeekOf'>,
  { from, until }: { from: string; until: string | null },
  count: number,
): string[] {
  const days: string[] = []
  if (weekdays.length === 0) return days
  for (let monday = firstWeekOf(weeks, from); days.length < count; monday = addDays(monday, 7 * weeks.everyWeeks)) {
    if (until !== null && monday > until) break
    const its = weekdays.map((weekday) => addDays(monday, weekday - 1)).toSorted()
    days.push(...its.filter((day) => day >= from && (until === null || day <= until)))
  }
  return days.slice(0, count)
}

/** About how many sessions and slots bands have in so many days: as many weeks, and parts of one, are in them. */
export function sizeOfBands(
  bands: readonly (Omit<BandTimes, 'inWeekOf'> & { slotMinutes: number | null })[],
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

/**
 * The first two bands of which a day of one overlaps a day of the other, by their local times; null: none do. Those of
 * every n-th week name one of their weeks.
 */
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
      // In one week; and on a Sunday and the Monday after it.
      for (const weeks of [0, ...sundayAndMonday(day, weekday)]) {
        if (!areWeeksApart(one, other, weeks)) continue
        const days = weekday - day + 7 * weeks
        const start = b.start + days * dayMinutes
        if (start < a.end && a.start < start + b.end - b.start) return weekday
      }
    }
  }
  return null
}

/** By how many weeks the other band's day is further away, too, than it is in one week. */
function sundayAndMonday(day: number, weekday: number): number[] {
  if (day === 7 && weekday === 1) return [1]
  return day === 1 && weekday === 7 ? [-1] : []
}

/** Whether a week of the other is so many weeks after a week of the one, now or later. */
function areWeeksApart(one: BandWeeks, other: BandWeeks, weeks: number): boolean {
  const both = gcd(one.everyWeeks, other.everyWeeks)
  if (one.inWeekOf === null || other.inWeekOf === null) return weeks % both === 0
  return (weeksBetween(one.inWeekOf, other.inWeekOf) - weeks) % both === 0
}

/** How many weeks later the week of another day is; below 0, if it is earlier. */
function weeksBetween(day: string, other: string): number {
  return (daysBetween(mondayOf(day), mondayOf(other)) - 1) / 7
}

/** It is never below 0. */
function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
