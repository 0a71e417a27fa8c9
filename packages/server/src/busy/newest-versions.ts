import { propertyOf, wordOf } from './calendar-parts.ts'
import { type FileEvent, isCancelled } from './event-times.ts'

/** An event with the parts that replace occurrences of it. `event` is null if the file has only these. */
export type Series = { event: FileEvent | null; exceptions: FileEvent[] }

/**
 * The series of a file, each in its newest version: that with the highest SEQUENCE, then the one that was changed last.
 * Versions that are equally new all count: a program that numbers its events wrongly must not free their times.
 */
export function newestVersions(events: readonly FileEvent[]): Series[] {
  const byUid = Map.groupBy(events, (event) => propertyOf(event.part, 'UID')?.value.trim() ?? event)
  return [...byUid.values()].flatMap(seriesIn)
}

function seriesIn(events: readonly FileEvent[]): Series[] {
  const recurrenceOf = ({ part }: FileEvent) => propertyOf(part, 'RECURRENCE-ID')
  const masters = newest(events.filter((event) => recurrenceOf(event) === undefined))
  const replaced = Map.groupBy(
    events.filter((event) => recurrenceOf(event) !== undefined),
    (event) => {
      const { value = '', parameters } = recurrenceOf(event) ?? {}
      return `${value.trim()} ${parameters?.get('TZID')} ${parameters?.get('RANGE')}`
    },
  )
  const exceptions = [...replaced.values()].flatMap(newest)
  if (masters.length === 0) return [{ event: null, exceptions }]
  if (!masters.every(({ part }) => isCancelled(part))) return masters.map((event) => ({ event, exceptions }))
  // If a series is cancelled, what had replaced its occurrences before is cancelled too.
  const sequence = Math.max(...masters.map(sequenceOf))
  return [{ event: null, exceptions: exceptions.filter((event) => sequenceOf(event) > sequence) }]
}

function newest(versions: readonly FileEvent[]): FileEvent[] {
  let found: FileEvent[] = []
  for (const version of versions) {
    const order = found[0] === undefined ? 0 : compared(version, found[0])
    if (order > 0) found = []
    if (order >= 0) found.push(version)
  }
  return found
}

function compared(a: FileEvent, b: FileEvent): number {
  return sequenceOf(a) - sequenceOf(b) || changedOf(a).localeCompare(changedOf(b))
}

function sequenceOf({ part }: FileEvent): number {
  const sequence = Number(wordOf(part, 'SEQUENCE') || 0)
  return Number.isFinite(sequence) ? sequence : 0
}

/** Compared as text, which for times in UTC is the order of time. */
function changedOf({ part }: FileEvent): string {
  return wordOf(part, 'LAST-MODIFIED') || wordOf(part, 'DTSTAMP')
}
