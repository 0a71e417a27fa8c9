import { begunAt, foreseenEnd, milestoneAt } from '@holdfast/contract/case-state'
import type { Block, BusyTime, Case, Room } from '@holdfast/contract/client'
import { addDays } from '@holdfast/vocabulary'
import { instantOf } from '../../../lib/time/local-time.ts'

/** Milliseconds since 1970. */
export type Span = { from: number; to: number }

const hourMs = 3_600_000
export const minuteMs = 60_000
/**
 * What a case says is at least as wide as so many minutes of the narrowest board: 7.75rem of case-block.module.css,
 * where an hour has 5.5rem.
 */
export const labelMinutes = 85
/** A case is moved and stretched by so many minutes at a time. */
export const stepMinutes = 5

type Shown = {
  rooms: readonly Room[]
  blocks: readonly Block[]
  cases: readonly Case[]
  busy?: readonly BusyTime[]
}

/**
 * The hours that the board shows: opening times, blocks and cases of the day in full hours, and from 8 to 16 in any
 * case. They are counted in instants, so a day on which the clocks change is as long as it is.
 *
 * @param now milliseconds since 1970
 */
export function shownSpan(
  { rooms, blocks, cases, busy = [] }: Shown,
  day: string,
  timeZone: string,
  now: number,
): Span {
  const midnight = startOfDay(day, timeZone)
  const nextMidnight = startOfDay(addDays(day, 1), timeZone)
  const at = (time: string) => Date.parse(instantOf(day, time, timeZone))
  const spans = [
    { from: at('08:00'), to: at('16:00') },
    ...rooms.flatMap((room) => openSpans(room, day, timeZone) ?? []),
    ...[...blocks, ...busy].map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) })),
    ...cases
      .map((one) => ({ from: listedSpan(one, now).from, to: occupiedUntil(one, now) }))
      .filter(({ from, to }) => from < nextMidnight && to > midnight)
      .map(labelled),
  ]
  const first = Math.max(midnight, Math.min(...spans.map(({ from }) => from)))
  const last = Math.min(nextMidnight, Math.max(...spans.map(({ to }) => to)))
  return {
    from: midnight + Math.floor((first - midnight) / hourMs) * hourMs,
    to: Math.min(nextMidnight, midnight + Math.ceil((last - midnight) / hourMs) * hourMs),
  }
}

/** The whole hour at which the shown ones begin if they do not all fit: an hour before now, or what comes first. */
export function firstInSight({ blocks, cases, busy = [] }: Omit<Shown, 'rooms'>, shown: Span, now: number): number {
  // So that no name of an hour is cut off.
  const wholeHour = (at: number) => shown.from + Math.max(0, Math.floor((at - shown.from) / hourMs)) * hourMs
  if (now >= shown.from && now < shown.to) return wholeHour(now - hourMs)
  const starts = [...blocks, ...busy].map(({ from }) => Date.parse(from))
  const first = Math.min(...starts, ...cases.map((one) => listedSpan(one, now).from))
  if (!Number.isFinite(first)) return shown.from
  return Math.min(shown.to, wholeHour(first))
}

export function startOfDay(day: string, timeZone: string): number {
  return Date.parse(instantOf(day, '00:00', timeZone))
}

/** When a room is open on a day; null: always. */
export function openSpans({ hours }: Room, day: string, timeZone: string): Span[] | null {
  if (hours === null) return null
  const weekday = Temporal.PlainDate.from(day).dayOfWeek
  return hours
    .filter((one) => one.weekday === weekday)
    .map(({ from, to }) => ({
      from: Date.parse(instantOf(day, from, timeZone)),
      to: Date.parse(instantOf(day, to, timeZone)),
    }))
    .sort((a, b) => a.from - b.from)
}

/** What a board has to shade: the times of a span at which a room is closed. */
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

/**
 * When a case has its room, to its foreseen end: from when its patient came in, which may be later than planned; else
 * from its planned start, or an earlier milestone. If no more is recorded than that it was over by its planned start,
 * it took its minutes until then.
 */
export function caseSpan(one: Case, now: number): Span {
  const to = foreseenEnd(one, now)
  const inRoom = milestoneAt(one, 'in_room')
  const from = inRoom === undefined ? Math.min(Date.parse(one.startsAt), ...begunAt(one)) : Date.parse(inRoom)
  return { from: from < to ? from : to - one.minutes * minuteMs, to }
}

/** On which days a case is: also on that of its planned start, if it began later. */
export function listedSpan(one: Case, now: number): Span {
  const { from, to } = caseSpan(one, now)
  return { from: missedSpan(one, now)?.from ?? from, to }
}

/** The part of its planned time that had passed when a case began; null: it began in time, or has not begun. */
export function missedSpan(one: Case, now: number): Span | null {
  const planned = { from: Date.parse(one.startsAt), to: Date.parse(one.endsAt) }
  const { from } = caseSpan(one, now)
  return from > planned.from ? { from: planned.from, to: Math.min(from, planned.to) } : null
}

/** What a case's place says: its planned times, or those at which it has its room once it has begun at another time. */
export function namedTimes(one: Case, now: number): { startsAt: string; endsAt: string } {
  const { from, to } = caseSpan(one, now)
  if (from === Date.parse(one.startsAt)) return one
  return { startsAt: new Date(from).toISOString(), endsAt: new Date(to).toISOString() }
}

/** How long its name is shown on the board: not longer than planned, also if it began late. */
export function namedSpan(one: Case, now: number): Span {
  const { from, to } = caseSpan(one, now)
  const planned = Math.max(Date.parse(one.endsAt), from + one.minutes * minuteMs)
  return { from, to: Math.min(to, planned) }
}

/**
 * The part of the shown hours in which a case is drawn: at its planned time, or from when it began, and shorter if it
 * ended early; or, on the day after that, as long as it takes longer. On the day of its plan, if it began after that,
 * it is drawn as planned.
 */
export function drawnSpan(one: Case, shown: Span, now: number): Span | null {
  const spans = [namedSpan(one, now), caseSpan(one, now), missedSpan(one, now)]
  const span = spans.find((each) => each !== null && placed(each, shown) !== null) ?? null
  return span === null ? null : { from: Math.max(span.from, shown.from), to: Math.min(span.to, shown.to) }
}

/** Which of so many equal parts of its row's height. `until`: when the next case in it begins, or the row ends. */
export type Lane = { lane: number; lanes: number; until: number }

/** A span that is long enough for what a case says. */
function labelled({ from, to }: Span): Span {
  return { from, to: Math.max(to, from + labelMinutes * minuteMs) }
}

/**
 * Where the cases of a room are in its row: those whose texts would overlap lie below each other. So do those that are
 * planned for the same time, as they are if one of them had ended, by mistake or before its planned start.
 */
export function lanesOf(cases: readonly Case[], now: number, shown: Span): Map<string, Lane> {
  const lanes = new Map<string, Lane>()
  const inOrder = cases
    .flatMap((one) => {
      const drawn = drawnSpan(one, shown, now)
      return drawn === null ? [] : { id: one.id, ...labelled(drawn) }
    })
    .sort((a, b) => a.from - b.from)
  /** Those that share the height, and when the last one of each lane ends. */
  let [together, ends]: [Lane[], number[]] = [[], []]
  for (const { id, from, to } of inOrder) {
    const isApart = ends.every((end) => end <= from)
    const free = ends.findIndex((end) => end <= from)
    const lane = isApart ? 0 : free === -1 ? ends.length : free
    for (const each of together) if (isApart || each.lane === lane) each.until = Math.min(each.until, from)
    if (isApart) [together, ends] = [[], []]
    ends[lane] = to
    const own: Lane = { lane, lanes: ends.length, until: shown.to }
    together.push(own)
    for (const each of together) each.lanes = ends.length
    lanes.set(id, own)
  }
  return lanes
}

const wholeRow: Lane = { lane: 0, lanes: 1, until: -Infinity }

export function laneOf(lanes: ReadonlyMap<string, Lane>, id: string): Lane {
  return lanes.get(id) ?? wholeRow
}

/** When the room's turnover after a case is over. */
function occupiedUntil(one: Case, now: number): number {
  return caseSpan(one, now).to + one.turnoverMinutes * minuteMs
}

/** The days in which a part of the span is. */
export function daysWith({ from, to }: Span, days: readonly string[], timeZone: string): string[] {
  return days.filter((day) => startOfDay(day, timeZone) < to && startOfDay(addDays(day, 1), timeZone) > from)
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
