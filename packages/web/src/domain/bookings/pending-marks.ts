import type { Booking, BookingStatus } from '@holdfast/contract/client'
import { useMutationState } from '@tanstack/react-query'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { reopenedStatus } from './reopened-status.ts'

export type BookingAction = 'attend' | 'withdrawAttendance' | 'confirm' | 'arrive' | 'complete' | 'noShow' | 'reopen'

/** `isBeingMarked`: its buttons are busy, and its status is the one that the mark leads to. */
export type ShownBooking = Booking & { isBeingMarked?: boolean }

/** An action, and the booking as it was shown before it. */
export type Mark = { booking: Booking; action: BookingAction }

/** The status that a mark leads to. Whether the patient will come is no status, and is shown when it is stored. */
const statusAfter: Record<BookingAction, (status: BookingStatus) => BookingStatus> = {
  attend: (status) => status,
  withdrawAttendance: (status) => status,
  confirm: () => 'CONFIRMED',
  arrive: () => 'ARRIVED',
  complete: () => 'COMPLETED',
  noShow: () => 'NO_SHOW',
  reopen: (status) => reopenedStatus(status) ?? status,
}

/** The key of the mutations that store the marks of a clinic. */
export function markKey(clinicId: string): readonly unknown[] {
  return [...clinicKey(clinicId), 'mark']
}

/** The marks of a clinic that are being stored. Use it in a page, not in each row: each mutation notifies
 * every component that uses it.
 */
export function usePendingMarks(clinicId: string): Mark[] {
  return useMutationState({
    filters: { mutationKey: markKey(clinicId), status: 'pending' },
    select: ({ state }) => state.variables as Mark,
  })
}

/**
 * Bookings with the status that the marks being stored lead to. They are not changed in the query cache: whatever the
 * page reads meanwhile may be older than the mark.
 */
export function withMarks(bookings: readonly Booking[], marks: readonly Mark[]): readonly ShownBooking[] {
  return marks.length === 0 ? bookings : bookings.map((booking) => withMark(booking, marks))
}

export function withMark(booking: Booking, marks: readonly Mark[]): ShownBooking {
  // A later version than the one that was marked is shown as it is.
  const mark = marks.findLast(({ booking: { id, version } }) => id === booking.id && version >= booking.version)
  if (mark === undefined) return booking
  return { ...mark.booking, status: statusAfter[mark.action](mark.booking.status), isBeingMarked: true }
}
