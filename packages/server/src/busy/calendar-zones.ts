import ICAL from 'ical.js'

/** Time zones by their IANA names, else as the file defines them, else the clinic's. */
export class CalendarZones {
  readonly #named = new Map<string, string | ICAL.Timezone>()
  readonly #fallback: string

  constructor(calendar: ICAL.Component, timeZone: string) {
    this.#fallback = timeZone
    for (const component of calendar.getAllSubcomponents('vtimezone')) {
      this.#named.set(String(component.getFirstPropertyValue('tzid')), new ICAL.Timezone(component))
    }
  }

  /**
   * The instant of a local time, in milliseconds. A day begins when it does in the clinic.
   *
   * @throws RangeError the time does not exist, such as one in month 13
   */
  msOf(time: ICAL.Time, tzid: string | null): number {
    const { year, month, day, hour, minute, second, isDate } = time
    if (isDate) return new Temporal.PlainDate(year, month, day).toZonedDateTime(this.#fallback).epochMilliseconds
    const local = new Temporal.PlainDateTime(year, month, day, hour, minute, second)
    const atUtc = local.toZonedDateTime('UTC').epochMilliseconds
    if (isUtc(time)) return atUtc
    const zone = this.#zoneOf(tzid)
    if (typeof zone !== 'string') return atUtc - zone.utcOffset(time) * 1000
    return local.toZonedDateTime(zone).epochMilliseconds
  }

  /** The local time of an instant in a zone, without the zone. */
  localAt(ms: number, tzid: string | null): ICAL.Time {
    const zone = this.#zoneOf(tzid)
    const { year, month, day, hour, minute, second } =
      typeof zone === 'string'
        ? Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
        : ICAL.Time.fromJSDate(new Date(ms), true).convertToZone(zone)
    const local = { year, month, day, hour, minute, second, isDate: false }
    return ICAL.Time.fromData(local, ICAL.Timezone.localTimezone)
  }

  #zoneOf(tzid: string | null): string | ICAL.Timezone {
    if (tzid === null) return this.#fallback
    const known = this.#named.get(tzid)
    if (typeof known === 'string') return known
    const zone = isZone(tzid) ? tzid : (known ?? this.#fallback)
    this.#named.set(tzid, zone)
    return zone
  }
}

export function isUtc(time: ICAL.Time): boolean {
  return time.zone === ICAL.Timezone.utcTimezone
}

function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}
