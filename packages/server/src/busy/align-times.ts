import ICAL from 'ical.js'
import { type CalendarZones, isUtc } from './calendar-zones.ts'
import { tzidOf } from './tzid-of.ts'

/**
 * ical.js compares and subtracts times by the zones that the file defines, and takes those of other zones, and times
 * without one, for UTC. Brings all times of a series to the zone of its first one, and writes them without a zone: then
 * they are compared as they are on the wall. A series in UTC stays there. Its first time is added to further dates
 * without a rule.
 *
 * @param ranges the components that replace an occurrence and all that follow it
 */
export function alignTimes(component: ICAL.Component, ranges: readonly ICAL.Component[], zones: CalendarZones): void {
  const tzid = tzidOf(component, 'dtstart')
  withoutZone(component)
  const start = component.getFirstPropertyValue('dtstart')
  if (!(start instanceof ICAL.Time)) throw new Error('It has no start.')
  const series = { start, tzid, zones }
  const properties = ['exdate', 'rdate'].flatMap((name) => component.getAllProperties(name))
  for (const property of properties) alignProperty(property, series)
  for (const property of component.getAllProperties('rrule')) {
    const rule = property.getFirstValue() as ICAL.Recur
    if (rule.until) rule.until = alignedUntil(rule.until, series)
  }
  if (component.hasProperty('rdate') && !component.hasProperty('rrule')) {
    component.addPropertyWithValue('rdate', start.clone())
  }
  for (const range of ranges) {
    withoutZone(range)
    for (const property of range.getAllProperties('recurrence-id')) alignProperty(property, series)
  }
}

type Series = { start: ICAL.Time; tzid: string | null; zones: CalendarZones }

/** Of the start, and of an end in the same zone: its distance is that on the wall. */
function withoutZone(component: ICAL.Component): void {
  const isAlike = tzidOf(component, 'dtend') === tzidOf(component, 'dtstart')
  for (const name of isAlike ? ['dtstart', 'dtend'] : ['dtstart']) {
    const property = component.getFirstProperty(name)
    const time = property?.getFirstValue()
    if (time instanceof ICAL.Time && !time.isDate && !isUtc(time)) property?.setValue(inZone(time, localZone))
  }
}

function alignProperty(property: ICAL.Property, series: Series): void {
  const own = property.getFirstParameter('tzid')
  const tzid = typeof own === 'string' ? own : null
  const times = property.getValues().map((time: ICAL.Time) => alignedTime(time, tzid, series))
  if (property.isMultiValue) property.setValues(times)
  else property.setValue(times[0])
}

/** Without a zone, it is in that of the start. Days stay as they are. */
function alignedTime(time: ICAL.Time, own: string | null, { start, tzid, zones }: Series): ICAL.Time {
  if (time.isDate || start.isDate) return time
  if (!isUtc(time) && (own === null || own === tzid)) return inZone(time, start.zone ?? localZone)
  return at(zones.msOf(time, own), { start, tzid, zones })
}

/**
 * A day ends with its last second. Where the zone of the end is not certain, the later end is right: an occurrence that
 * is left out by mistake could be booked, and one too many only offers less.
 */
function alignedUntil(until: ICAL.Time, series: Series): ICAL.Time {
  const { start, zones } = series
  if (start.isDate) {
    if (until.isDate || !isUtc(until)) return until
    // Midnight in UTC or, as Google has it, in the zone of the calendar.
    return later(dayOf(until), dayOf(zones.localAt(zones.msOf(until, null), null)))
  }
  const last = until.isDate ? endOfDay(until) : until
  if (isUtc(last) || !isUtc(start)) return alignedTime(last, null, series)
  return later(inZone(last, ICAL.Timezone.utcTimezone), at(zones.msOf(last, null), series))
}

function at(ms: number, { start, tzid, zones }: Series): ICAL.Time {
  return isUtc(start) ? ICAL.Time.fromJSDate(new Date(ms), true) : zones.localAt(ms, tzid)
}

const localZone = ICAL.Timezone.localTimezone

function inZone({ year, month, day, hour, minute, second }: ICAL.Time, zone: ICAL.Timezone): ICAL.Time {
  return ICAL.Time.fromData({ year, month, day, hour, minute, second, isDate: false }, zone)
}

function endOfDay({ year, month, day }: ICAL.Time): ICAL.Time {
  return ICAL.Time.fromData({ year, month, day, hour: 23, minute: 59, second: 59, isDate: false }, localZone)
}

function dayOf({ year, month, day }: ICAL.Time): ICAL.Time {
  return ICAL.Time.fromData({ year, month, day, isDate: true })
}

function later(a: ICAL.Time, b: ICAL.Time): ICAL.Time {
  return a.compare(b) > 0 ? a : b
}
