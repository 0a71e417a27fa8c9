/**
 * Whether these are names of one time zone: `Asia/Kolkata` was called `Asia/Calcutta`, and browsers and clinics have
 * either. Names that the browser does not know are only the same as themselves.
 */
export function isSameZone(one: string, other: string): boolean {
  if (one === other) return true
  try {
    const at = Temporal.Instant.fromEpochMilliseconds(0)
    return at.toZonedDateTimeISO(one).equals(at.toZonedDateTimeISO(other))
  } catch {
    return false
  }
}
