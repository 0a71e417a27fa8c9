/** Local days are `YYYY-MM-DD` and local times `YYYY-MM-DD HH:MM:SS`, both of the clinic's zone. */

/** @param instant ISO text, or milliseconds since 1970 */
export function localDay(instant: string | number, timeZone: string): string {
  return zoned(instant, timeZone).toPlainDate().toString()
}

/** The local time in the format of the calendar component. */
export function localDateTime(instant: string | number, timeZone: string): string {
  return zoned(instant, timeZone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')
}

/** The instant of a local day and time `HH:MM`, which may be `24:00`, as ISO text. */
export function instantOf(day: string, time: string, timeZone: string): string {
  if (time === '24:00') return instantOf(addDays(day, 1), '00:00', timeZone)
  return Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(timeZone).toInstant().toString()
}

/** How much earlier than what it belongs to something may be that is entered as a time alone. */
const earlierHoursMax = 6

/**
 * The instant of a local time `HH:MM` that was entered without its day, as ISO text: the first one from six hours
 * before `around` on. A little earlier is the same day, after midnight the next.
 */
export function instantNear(around: string, time: string, timeZone: string): string {
  const earliest = zoned(around, timeZone).subtract({ hours: earlierHoursMax })
  const day = earliest.toPlainDate().toString()
  const sameDay = instantOf(day, time, timeZone)
  const isBefore = Temporal.Instant.compare(sameDay, earliest.toInstant()) < 0
  return isBefore ? instantOf(addDays(day, 1), time, timeZone) : sameDay
}

export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString()
}

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  return addDays(day, 1 - Temporal.PlainDate.from(day).dayOfWeek)
}

/** @returns the day, or null if it is not one from 1900 to 2199 */
export function parseDay(value: unknown): string | null {
  if (typeof value !== 'string' || !/^(19|20|21)\d\d-\d\d-\d\d$/.test(value)) return null
  try {
    return Temporal.PlainDate.from(value).toString()
  } catch {
    return null
  }
}

/** The number of days from one to the other, both included. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days + 1
}

function zoned(instant: string | number, timeZone: string): Temporal.ZonedDateTime {
  const at =
    typeof instant === 'number' ? Temporal.Instant.fromEpochMilliseconds(instant) : Temporal.Instant.from(instant)
  return at.toZonedDateTimeISO(timeZone)
}
