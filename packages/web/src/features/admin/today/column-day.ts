import type { Booking, ListedClosure, OpenSession, Slot } from '@holdfast/contract/client'
import { fullHours, minuteMs, type Span } from '../../../domain/time-grid/span.ts'
import { instantOf } from '../../../lib/time/local-time.ts'

export type DoctorTimes = { slots: readonly Slot[]; sessions: readonly OpenSession[] }

/** A place of a day at which something can be booked: from `at` on. */
export type Gap = { at: string; slotId: string | null; sessionId: string | null }

const noTimes: DoctorTimes = { slots: [], sessions: [] }

export function timesOf(times: ReadonlyMap<string, DoctorTimes>, doctorId: string): DoctorTimes {
  return times.get(doctorId) ?? noTimes
}

export function spanOf({ startsAt, endsAt }: { startsAt: string; endsAt: string }): Span {
  return { from: Date.parse(startsAt), to: Date.parse(endsAt) }
}

/** The hours that the columns show: all that is booked or can be, in full hours, and from 8 to 16 in any case. */
export function shownHours(
  bookings: readonly Booking[],
  times: ReadonlyMap<string, DoctorTimes>,
  day: string,
  timeZone: string,
): Span {
  const usual = { startsAt: instantOf(day, '08:00', timeZone), endsAt: instantOf(day, '16:00', timeZone) }
  const ofTimes = [...times.values()].flatMap(({ slots, sessions }) => [...slots, ...sessions])
  return fullHours([usual, ...bookings, ...ofTimes].map(spanOf), day, timeZone)
}

/** When a doctor has slots or open sessions, by start. */
export function openSpans({ slots, sessions }: DoctorTimes): Span[] {
  return [...slots, ...sessions].map(spanOf).sort((a, b) => a.from - b.from)
}

/** When a closure is that concerns the doctor, with its note. */
export function closedTimes(
  closures: readonly ListedClosure[],
  doctorId: string,
): { span: Span; note: string | null }[] {
  return closures
    .filter((one) => one.resourceId === null && (one.doctorId === null || one.doctorId === doctorId))
    .flatMap(({ times, note }) => times.map((time) => ({ span: spanOf(time), note })))
}

/**
 * What can be booked at a time: the free slot that it is in, or the open session. null: neither, or it is over.
 *
 * @param at milliseconds since 1970; in a session, a visit begins at it
 */
export function gapAt({ slots, sessions }: DoctorTimes, at: number, now: number): Gap | null {
  const isIn = (one: { startsAt: string; endsAt: string }) => {
    const { from, to } = spanOf(one)
    return from <= at && at < to && to > now
  }
  const slot = slots.find((one) => isIn(one) && one.available > 0)
  if (slot !== undefined) return { at: slot.startsAt, slotId: slot.id, sessionId: null }
  const session = sessions.find(isIn)
  return session === undefined ? null : { at: new Date(at).toISOString(), slotId: null, sessionId: session.id }
}

const shortestMinutes = { min: 5, max: 60 }
/** A visit of the shortest length has one line of text. */
const lineRem = 1.5
const hourRemMin = 4

/** The height of an hour in rem, at which the shortest visit or slot can be read. */
export function hourRem(bookings: readonly Booking[], times: ReadonlyMap<string, DoctorTimes>): number {
  const slots = [...times.values()].flatMap((one) => one.slots)
  let shortest = shortestMinutes.max
  for (const one of [...bookings, ...slots]) {
    const { from, to } = spanOf(one)
    shortest = Math.min(shortest, (to - from) / minuteMs)
  }
  return Math.max(hourRemMin, (60 / Math.max(shortestMinutes.min, shortest)) * lineRem)
}
