/** A zone that Temporal or the database does not know. The edge responds 400 and names it. */
export class UnknownTimeZone extends Error {
  override name = 'UnknownTimeZone'

  constructor(timeZone: string) {
    super(
      `${JSON.stringify(timeZone.slice(0, 64))} is not a time zone; an IANA name such as Europe/Berlin is expected.`,
    )
  }
}

/**
 * The IANA name of a zone, in its usual spelling (`europe/berlin` → `Europe/Berlin`; aliases stay what they are), or
 * null. Offsets such as `+03:00` are refused: Temporal would take them, PostgreSQL reads their sign the other way
 * round.
 */
export function timeZoneName(text: string): string | null {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(text)) return null
  try {
    return Temporal.Now.zonedDateTimeISO(text).timeZoneId
  } catch {
    return null
  }
}
