import { addDays, daysBetween, localDay, parseDate } from '@holdfast/vocabulary'

/** Local days are `YYYY-MM-DD` and local times `YYYY-MM-DD HH:MM:SS`, both of the clinic's zone. */

/** The local time in the format of the calendar component. */
export function localDateTime(instant: string | number, timeZone: string): string {
  return zoned(instant, timeZone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')
}

/** The local time `HH:MM`, as a time field has it. */
export function localTime(instant: string | number, timeZone: string): string {
  return localDateTime(instant, timeZone).slice(11, 16)
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

/**
 * The instant of a local time `HH:MM` that was entered without its day, as ISO text: the nearest to a span of time, and
 * of two as near the first one. When clocks go back, a time that is there twice may be the second one.
 *
 * @param from milliseconds, as `to`, which is not earlier
 */
export function nearestInstant({ from, to }: { from: number; to: number }, time: string, timeZone: string): string {
  const first = addDays(localDay(from, timeZone), -1)
  const days = Array.from({ length: daysBetween(first, localDay(to, timeZone)) + 2 }, (_, nth) => addDays(first, nth))
  const instants = days.flatMap((day) => [instantOf(day, time, timeZone), instantOf(day, time, timeZone, 'later')])
  const away = (instant: string) => Math.max(from - Date.parse(instant), Date.parse(instant) - to, 0)
  return instants.reduce((nearest, instant) => (away(instant) < away(nearest) ? instant : nearest))
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
