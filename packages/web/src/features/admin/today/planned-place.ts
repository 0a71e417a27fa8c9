import type { Booking, ListedClosure } from '@holdfast/contract/client'
import type { Plan } from '../../../domain/time-grid/plan.ts'
import { minuteMs, planSpan, type Span } from '../../../domain/time-grid/span.ts'
import { timeIdOf } from '../../../domain/visits/visit-times-query.ts'
import { closedTimes, type DoctorTimes, spanOf } from './column-day.ts'

/** Where a visit is. */
export function planOf({ doctorId, startsAt, endsAt }: Booking): Plan {
  const from = Date.parse(startsAt)
  return { trackId: doctorId, startsAt: from, minutes: (Date.parse(endsAt) - from) / minuteMs }
}

/** What is against a place, as far as the day shows it. `taken`: by which visit. */
export type Against =
  | { kind: 'closed'; note: string | null }
  | { kind: 'taken'; by: Booking }
  | { kind: 'notOpen' }
  | { kind: 'over' }

/** Where a visit would be, as `timeIdOf`, or what is against it. */
export type PlannedPlace = { span: Span; timeId: string | null; against: Against | null }

/** What the day has of the doctor to whom a visit is planned. */
type DoctorDay = { times: DoctorTimes; bookings: readonly Booking[]; closures: readonly ListedClosure[] }

/**
 * What a plan for a visit means: the slot that it is in, or its place in an open session. The server decides, and knows
 * more: buffers, rooms and devices, other calendars.
 *
 * @param bookings those that take places
 */
export function plannedPlace(one: Booking, plan: Plan, day: DoctorDay, now: number): PlannedPlace {
  const { times, bookings, closures } = day
  const slot = one.sessionId === undefined ? times.slots.find((each) => isIn(spanOf(each), plan.startsAt)) : undefined
  const span = slot === undefined ? planSpan(plan) : spanOf(slot)
  const refused = (against: Against): PlannedPlace => ({ span, timeId: null, against })
  const closed = closedTimes(closures, plan.trackId).find((each) => meet(each.span, span))
  if (closed !== undefined) return refused({ kind: 'closed', note: closed.note })
  if (span.to <= now) return refused({ kind: 'over' })
  // Its own slot is full of itself.
  if (slot !== undefined && (slot.available >= one.units || slot.id === one.slotId)) {
    return { span, timeId: slot.id, against: null }
  }
  const by = bookings.find(
    (other) => other.id !== one.id && other.doctorId === plan.trackId && meet(spanOf(other), span),
  )
  if (by !== undefined) return refused({ kind: 'taken', by })
  const session = one.sessionId === undefined ? undefined : times.sessions.find((each) => contains(spanOf(each), span))
  if (session === undefined) return refused({ kind: 'notOpen' })
  const startsAt = new Date(span.from).toISOString()
  return { span, timeId: timeIdOf({ sessionId: session.id, startsAt }), against: null }
}

function contains(one: Span, other: Span): boolean {
  return one.from <= other.from && other.to <= one.to
}

function isIn({ from, to }: Span, at: number): boolean {
  return from <= at && at < to
}

function meet(one: Span, other: Span): boolean {
  return one.from < other.to && other.from < one.to
}
