import { addDays } from '@holdfast/vocabulary'
import { instantOf } from '../../lib/time/local-time.ts'

/** Milliseconds since 1970. */
export type Span = { from: number; to: number }

export const hourMs = 3_600_000
export const minuteMs = 60_000
/** What is planned is moved and stretched by so many minutes at a time. */
export const stepMinutes = 5

export function startOfDay(day: string, timeZone: string): number {
  return Date.parse(instantOf(day, '00:00', timeZone))
}

/** The full hours of a day that contain all parts of the spans that are in it; there is at least one span. */
export function fullHours(spans: readonly Span[], day: string, timeZone: string): Span {
  const midnight = startOfDay(day, timeZone)
  const nextMidnight = startOfDay(addDays(day, 1), timeZone)
  const first = Math.max(midnight, Math.min(...spans.map(({ from }) => from)))
  const last = Math.min(nextMidnight, Math.max(...spans.map(({ to }) => to)))
  return {
    from: midnight + Math.floor((first - midnight) / hourMs) * hourMs,
    to: Math.min(nextMidnight, midnight + Math.ceil((last - midnight) / hourMs) * hourMs),
  }
}

/** What a board has to shade: the times of a span at which nothing is open. */
export function closedSpans(open: readonly Span[] | null, shown: Span): Span[] {
  if (open === null) return []
  const closed: Span[] = []
  let at = shown.from
  for (const { from, to } of open) {
    if (from > at) closed.push({ from: at, to: Math.min(from, shown.to) })
    at = Math.max(at, to)
  }
  if (at < shown.to) closed.push({ from: at, to: shown.to })
  return closed
}

/** The part of a span, in percent of it, for `inset-inline-start` and `width`; null outside of it. */
export function placed(part: Span, shown: Span): { start: string; size: string } | null {
  const from = Math.max(part.from, shown.from)
  const to = Math.min(part.to, shown.to)
  if (to <= from) return null
  const percent = (ms: number) => `${((100 * ms) / (shown.to - shown.from)).toFixed(4)}%`
  return { start: percent(from - shown.from), size: percent(to - from) }
}

/** The full hours of a span. */
export function hoursOf({ from, to }: Span): number[] {
  return Array.from({ length: Math.ceil((to - from) / hourMs) }, (_, index) => from + index * hourMs)
}

/** Rounds to the nearest step of the clock. */
export function snapped(ms: number, minutes = stepMinutes): number {
  return Math.round(ms / (minutes * minuteMs)) * minutes * minuteMs
}

/** The time that a case would take the room at another place. */
export function planSpan({ startsAt, minutes }: { startsAt: number; minutes: number }): Span {
  return { from: startsAt, to: startsAt + minutes * minuteMs }
}
