import type { Booking, Clinic } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import type { BookingAction } from './pending-marks.ts'

/**
 * The time from the start of a visit to when a no-show is offered, unless the visit ends before. Until then its
 * button's spot is empty: before the start, the button there says that the patient comes, and a press must not become
 * the opposite.
 */
const noShowAfterMs = 5 * 60_000

/**
 * What is offered now, of what the server would accept: arrivals from the slot's local day on, a no-show some minutes
 * after its start, before it that the patient comes or that this is not certain any more, and undoing the last mark.
 *
 * @param now milliseconds since 1970, by the server's clock
 */
export function offeredActions(booking: Booking, timeZone: string, now: number): BookingAction[] {
  if (booking.erasedAt !== null) return []
  switch (booking.status) {
    case 'PENDING':
      // The confirmation of a hold without a patient has to name one.
      return booking.patient.name === '' ? [] : ['confirm']
    case 'CONFIRMED': {
      const offered: BookingAction[] = []
      if (localDay(now, timeZone) >= localDay(booking.startsAt, timeZone)) offered.push('arrive')
      if (now >= Math.min(Date.parse(booking.startsAt) + noShowAfterMs, Date.parse(booking.endsAt)))
        offered.push('noShow')
      if (canAttend(booking, now)) offered.push('attend')
      else if (now < Date.parse(booking.startsAt)) offered.push('withdrawAttendance')
      return offered
    }
    case 'ARRIVED':
      return ['complete', 'reopen']
    case 'COMPLETED':
    case 'NO_SHOW':
      return ['reopen']
    case 'CANCELLED':
    case 'FAILED':
      return []
  }
}

/** Whether it can be confirmed that the patient comes: it was not yet, and the visit has not begun. */
export function canAttend({ status, attendanceConfirmedAt, startsAt }: Booking, now: number): boolean {
  return status === 'CONFIRMED' && attendanceConfirmedAt === null && now < Date.parse(startsAt)
}

/** Whether its patient is asked: it can be confirmed, and the time of the clinic's first reminder has come. */
export function isAttendanceAsked(
  booking: Booking,
  { attendanceMinutes }: Pick<Clinic, 'attendanceMinutes'>,
  now: number,
): boolean {
  return canAttend(booking, now) && now >= Date.parse(booking.startsAt) - attendanceMinutes * 60_000
}

/** Whether the clinic was asked for it, and has not answered. */
export function isRequest({ status, requestedAt }: Pick<Booking, 'status' | 'requestedAt'>): boolean {
  return status === 'PENDING' && requestedAt !== undefined
}

/** Whether the booking can still be cancelled. */
export function isOpen(booking: Booking): boolean {
  return booking.erasedAt === null && (booking.status === 'PENDING' || booking.status === 'CONFIRMED')
}

/**
 * Whether the booking can still be moved, and its patient can change it: an offer of the waitlist is accepted first,
 * and a request is answered.
 */
export function canBeChanged(booking: Booking): boolean {
  return isOpen(booking) && booking.offer !== 'open' && !isRequest(booking)
}

/** Whether the patient can be erased: the booking is over, by its status or its time. */
export function canBeErased({ erasedAt, status, endsAt }: Booking, now: number): boolean {
  if (erasedAt !== null) return false
  const isDone = status === 'CANCELLED' || status === 'FAILED' || status === 'COMPLETED' || status === 'NO_SHOW'
  return isDone || Date.parse(endsAt) <= now
}
