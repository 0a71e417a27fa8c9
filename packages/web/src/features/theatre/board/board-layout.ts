import { begunAt, foreseenEnd, milestoneAt } from '@holdfast/contract/case-state'
import type { Block, BusyTime, Case, Room } from '@holdfast/contract/client'
import { addDays } from '@holdfast/vocabulary'
import { type Lane, lanesIn } from '../../../domain/time-grid/lanes.ts'
import { fullHours, hourMs, minuteMs, placed, type Span, startOfDay } from '../../../domain/time-grid/span.ts'
import { instantOf } from '../../../lib/time/local-time.ts'

/**
 * What a case says is at least as wide as so many minutes of the narrowest board: 7.75rem of case-block.module.css,
 * where an hour has 5.5rem.
 */
export const labelMinutes = 85

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
  return fullHours(spans, day, timeZone)
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

/** A span that is long enough for what a case says. */
function labelled({ from, to }: Span): Span {
  return { from, to: Math.max(to, from + labelMinutes * minuteMs) }
}

/**
 * Where the cases of a room are in its row: those whose texts would overlap lie below each other. So do those that are
 * planned for the same time, as they are if one of them had ended, by mistake or before its planned start.
 */
export function lanesOf(cases: readonly Case[], now: number, shown: Span): Map<string, Lane> {
  const drawn = cases.flatMap((one) => {
    const span = drawnSpan(one, shown, now)
    return span === null ? [] : { id: one.id, ...labelled(span) }
  })
  return lanesIn(drawn, shown.to)
}

/** When the room's turnover after a case is over. */
function occupiedUntil(one: Case, now: number): number {
  return caseSpan(one, now).to + one.turnoverMinutes * minuteMs
}

/** The days in which a part of the span is. */
export function daysWith({ from, to }: Span, days: readonly string[], timeZone: string): string[] {
  return days.filter((day) => startOfDay(day, timeZone) < to && startOfDay(addDays(day, 1), timeZone) > from)
}
