/** A local day as instants [start, end), usually 23–25 hours. */
export type LocalDay = { date: string; start: Date; end: Date }

/**
 * The instants [start, end) of the local days `from` to `to`, both included. A day begins when its date does: at 01:00
 * where midnight is left out, at the first of two midnights where it happens twice. (PostgreSQL's `at time zone` takes
 * the second.)
 *
 * @param from `YYYY-MM-DD`
 * @throws RangeError for a date or a zone that does not exist: the edge has checked both
 */
export function instantsOfLocalDays(from: string, to: string, timeZone: string): { start: Date; end: Date } {
  return {
    start: startOfDay(dateOf(from), timeZone),
    end: startOfDay(dateOf(to).add({ days: 1 }), timeZone),
  }
}

/**
 * Each of the local days `from` to `to`, both included; a day that the zone never had is empty: it ends as it starts.
 */
export function localDays(from: string, to: string, timeZone: string): LocalDay[] {
  const last = dateOf(to)
  const days: LocalDay[] = []
  let date = dateOf(from)
  let start = startOfDay(date, timeZone)
  while (Temporal.PlainDate.compare(date, last) <= 0) {
    const next = date.add({ days: 1 })
    const end = startOfDay(next, timeZone)
    days.push({ date: date.toString(), start, end })
    date = next
    start = end
  }
  return days
}

/** The local day of an instant. */
export function localDayOf(at: Date, timeZone: string): LocalDay {
  const date = at.toTemporalInstant().toZonedDateTimeISO(timeZone).toPlainDate()
  return { date: date.toString(), ...instantsOfLocalDays(date.toString(), date.toString(), timeZone) }
}

function startOfDay(date: Temporal.PlainDate, timeZone: string): Date {
  return new Date(date.toZonedDateTime(timeZone).epochMilliseconds)
}

/** Without `reject`, Temporal would read 30 February as the 28th. */
function dateOf(text: string): Temporal.PlainDate {
  return Temporal.PlainDate.from(text, { overflow: 'reject' })
}
