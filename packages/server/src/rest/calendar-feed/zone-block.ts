/**
 * The time zone as a VTIMEZONE (RFC 5545, section 3.6.5), from the transitions that the server's own zone data has in
 * the years of `from` to `until`.
 *
 * timezones-ical-library 2.3.2 was tried instead: it has only the newest rule of a zone, so that appointments of some
 * months are off by an hour in Vancouver, Edmonton and Casablanca.
 */
export function zoneBlock(timeZone: string, from: Temporal.Instant, until: Temporal.Instant): string {
  let at = from.toZonedDateTimeISO(timeZone).with({ month: 1, day: 1 }).startOfDay()
  const observances = [observance('STANDARD', at.toPlainDateTime(), at.offset, at.offset)]
  for (;;) {
    const next = at.getTimeZoneTransition('next')
    if (next === null || Temporal.Instant.compare(next.toInstant(), until) > 0) break
    const before = next.subtract({ nanoseconds: 1 })
    const kind = next.offsetNanoseconds > before.offsetNanoseconds ? 'DAYLIGHT' : 'STANDARD'
    // DTSTART is the local time that clocks show when the change begins.
    const localStart = before.toPlainDateTime().add({ nanoseconds: 1 })
    observances.push(observance(kind, localStart, before.offset, next.offset))
    at = next
  }
  return ['BEGIN:VTIMEZONE', `TZID:${timeZone}`, ...observances, 'END:VTIMEZONE'].join('\r\n')
}

function observance(kind: 'STANDARD' | 'DAYLIGHT', start: Temporal.PlainDateTime, from: string, to: string): string {
  return [
    `BEGIN:${kind}`,
    `DTSTART:${start.round('second').toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '')}`,
    `TZOFFSETFROM:${from.replaceAll(':', '')}`,
    `TZOFFSETTO:${to.replaceAll(':', '')}`,
    `END:${kind}`,
  ].join('\r\n')
}
