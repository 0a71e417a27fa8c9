import { type Part, propertyOf } from './calendar-parts.ts'
import type { FileTime } from './file-times.ts'
import { fileZone } from './file-zone.ts'
import { UnreadableEvent } from './left-out.ts'
import type { Zone } from './zone.ts'
import { zoneNamed } from './zone-names.ts'

const utcZone: Zone = { msOf: (wallMs) => wallMs, wallAt: (ms) => ms }

/**
 * The zones of a calendar: by their IANA names, else as the file defines them, else by a name that other programs give
 * them. A time without a zone is in that of the calendar (X-WR-TIMEZONE), else of the clinic. Days are the clinic's.
 */
export class CalendarZones {
  readonly clinic: Zone
  readonly #calendarZone: string | null
  readonly #known = new Map<string, Zone | null>()
  readonly #defined = new Map<string, Part>()

  constructor(calendar: Part, clinicZone: string) {
    this.clinic = namedZone(clinicZone)
    this.#calendarZone = propertyOf(calendar, 'X-WR-TIMEZONE')?.value.trim() || null
    for (const part of calendar.parts) {
      const tzid = part.name === 'VTIMEZONE' ? propertyOf(part, 'TZID')?.value.trim() : undefined
      if (tzid !== undefined) this.#defined.set(tzid, part)
    }
  }

  /** @throws UnreadableEvent nobody knows the zone */
  of({ isDay, isUtc, tzid }: FileTime): Zone {
    if (isUtc) return utcZone
    if (isDay) return this.clinic
    return this.#of(tzid ?? this.#calendarZone)
  }

  /** The zone of a time that names none. @throws UnreadableEvent */
  get floating(): Zone {
    return this.#of(this.#calendarZone)
  }

  #of(tzid: string | null): Zone {
    if (tzid === null) return this.clinic
    let zone = this.#known.get(tzid)
    if (zone === undefined) {
      zone = this.#find(tzid)
      this.#known.set(tzid, zone)
    }
    if (zone === null) throw new UnreadableEvent('unknown_zone', tzid)
    return zone
  }

  #find(tzid: string): Zone | null {
    const named = zoneNamed(tzid)
    const defined = this.#defined.get(tzid)
    // A name that only Windows has means what the file says.
    if (defined !== undefined && named?.toLowerCase() !== tzid.toLowerCase()) {
      try {
        return fileZone(defined)
      } catch {
        // Its name may say which it is.
      }
    }
    return named === null ? null : namedZone(named)
  }
}

/** The zone of an IANA name, or of an offset. */
function namedZone(name: string): Zone {
  return {
    msOf: (wallMs) => atUtc(wallMs).toPlainDateTime().toZonedDateTime(name).epochMilliseconds,
    wallAt: (ms) => ms + Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(name).offsetNanoseconds / 1e6,
  }
}

function atUtc(wallMs: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC')
}
