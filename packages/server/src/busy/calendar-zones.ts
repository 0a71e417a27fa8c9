import { type Part, propertiesOf, propertyOf } from './calendar-parts.ts'
import { dayMs, type FileTime, timeOf, timesOf } from './file-times.ts'
import { UnreadableEvent } from './left-out.ts'
import { occurrencesOf, ruleIn } from './recurrence-rule.ts'
import type { Zone } from './zone.ts'
import { zoneNamed } from './zone-names.ts'

/** A change of the clocks. `wallMs`: on the clock before it. */
type Change = { wallMs: number; beforeMs: number; afterMs: number }

const changesMax = 5_000
/** No event is later. Outlook's rules begin in 1601. */
const lastMs = Date.UTC(2200, 0, 1)

/** A zone as a file defines it. @throws Error its definition cannot be read */
function fileZone(part: Part): Zone {
  const changes = part.parts.flatMap(changesIn).toSorted((a, b) => a.wallMs - b.wallMs)
  const [first] = changes
  if (part.isBroken || first === undefined) throw new UnreadableEvent('unreadable')
  const lastBefore = (isBefore: (change: Change) => boolean) => changes.findLast(isBefore)
  return {
    // An hour that is skipped is read by the offset before it, and one that is repeated is the first, as in Temporal.
    msOf(wallMs) {
      const change = lastBefore((one) => one.wallMs <= wallMs)
      if (change === undefined) return wallMs - first.beforeMs
      const isSkipped = wallMs < change.wallMs + change.afterMs - change.beforeMs
      return wallMs - (isSkipped ? change.beforeMs : change.afterMs)
    },
    wallAt(ms) {
      return ms + (lastBefore((one) => one.wallMs - one.beforeMs <= ms)?.afterMs ?? first.beforeMs)
    },
  }
}

function changesIn(part: Part): Change[] {
  if (part.name !== 'STANDARD' && part.name !== 'DAYLIGHT') return []
  const [start, from, to] = ['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO'].map((name) => propertyOf(part, name))
  if (start === undefined || from === undefined || to === undefined) throw new UnreadableEvent('unreadable')
  const [beforeMs, afterMs] = [offsetMsIn(from.value), offsetMsIn(to.value)]
  const startMs = timeOf(start).wallMs
  const starts = new Set([startMs])
  for (const property of propertiesOf(part, 'RDATE')) {
    for (const { wallMs, isUtc } of timesOf(property)) starts.add(isUtc ? wallMs + beforeMs : wallMs)
  }
  for (const { value } of propertiesOf(part, 'RRULE')) {
    const rule = ruleIn(value)
    const { until } = rule
    const last = until === null ? null : until.wallMs + (until.isUtc ? beforeMs : 0) + (until.isDay ? dayMs - 1 : 0)
    for (const ms of occurrencesOf(rule, { startMs, lastMs: last, fromMs: startMs, untilMs: lastMs })) {
      if (starts.size >= changesMax) throw new UnreadableEvent('unreadable')
      starts.add(ms)
    }
  }
  return [...starts].map((wallMs) => ({ wallMs, beforeMs, afterMs }))
}

function offsetMsIn(value: string): number {
  const [, sign, hours, minutes, seconds = 0] = /^([+-])(\d\d):?(\d\d)(\d\d)?$/.exec(value.trim()) ?? []
  if (sign === undefined) throw new UnreadableEvent('unreadable')
  return (sign === '-' ? -1000 : 1000) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds))
}

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
