// Local days are `YYYY-MM-DD`, in a time zone that is named beside them.

/** @param instant RFC 3339, or milliseconds since 1970 */
export function localDay(instant: Date | string | number, timeZone: string): string {
  const at =
    typeof instant === 'string'
      ? Temporal.Instant.from(instant)
      : Temporal.Instant.fromEpochMilliseconds(Number(instant))
  return at.toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString()
}

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  return addDays(day, 1 - Temporal.PlainDate.from(day).dayOfWeek)
}

/** The number of days from one to the other, both included; below 1 if the second is earlier. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days + 1
}

/** null: it is not `YYYY-MM-DD`, the only form of ISO 8601 that is accepted, or there is no such day. */
export function parseDate(text: string): Temporal.PlainDate | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    return null
  }
}
