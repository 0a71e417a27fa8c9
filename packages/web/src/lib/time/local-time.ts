import { addDays, localDay, parseDate } from '@holdfast/vocabulary'

/** Local days are `YYYY-MM-DD` and local times `YYYY-MM-DD HH:MM:SS`, both of the clinic's zone. */

/** The local time in the format of the calendar component. */
export function localDateTime(instant: string | number, timeZone: string): string {
  return zoned(instant, timeZone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')
}

/** The instant of a local day and time `HH:MM`, which may be `24:00`, as ISO text. */
export function instantOf(
  day: string,
  time: string,
  timeZone: string,
  disambiguation: 'compatible' | 'later' = 'compatible',
): string {
  if (time === '24:00') return instantOf(addDays(day, 1), '00:00', timeZone, disambiguation)
  const local = Temporal.PlainDateTime.from(`${day}T${time}`)
  return local.toZonedDateTime(timeZone, { disambiguation }).toInstant().toString()
}

/** How much earlier than what it belongs to something may be that is entered as a time alone. */
const earlierHoursMax = 6

/**
 * The instant of a local time `HH:MM` that was entered without its day, as ISO text: the first one from six hours
 * before `around` on. A little earlier is the same day, after midnight the next.
 */
export function instantNear(around: string, time: string, timeZone: string): string {
  return firstInstant(zoned(around, timeZone).subtract({ hours: earlierHoursMax }).epochMilliseconds, time, timeZone)
}

/**
 * The first instant from `earliest` on that has a local time `HH:MM`, as ISO text. When clocks go back, a time that is
 * there twice may be the second one.
 */
export function firstInstant(earliest: number, time: string, timeZone: string): string {
  const day = localDay(earliest, timeZone)
  const sameDay = (['compatible', 'later'] as const).map((which) => instantOf(day, time, timeZone, which))
  return sameDay.find((at) => Date.parse(at) >= earliest) ?? instantOf(addDays(day, 1), time, timeZone)
}

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  return addDays(day, 1 - Temporal.PlainDate.from(day).dayOfWeek)
}

/** @returns the day, or null if it is not one from 1900 to 2199 */
export function parseDay(value: unknown): string | null {
  if (typeof value !== 'string' || !/^(19|20|21)\d\d-\d\d-\d\d$/.test(value)) return null
  return parseDate(value)?.toString() ?? null
}

function zoned(instant: string | number, timeZone: string): Temporal.ZonedDateTime {
  const at =
    typeof instant === 'number' ? Temporal.Instant.fromEpochMilliseconds(instant) : Temporal.Instant.from(instant)
  return at.toZonedDateTimeISO(timeZone)
}
