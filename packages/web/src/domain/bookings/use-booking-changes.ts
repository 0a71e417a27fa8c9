import type { AnswersCorrection, Booking } from '@holdfast/contract/client'
import { useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import type { Answered } from '../answers/use-answering.ts'
import { refuseOverlap } from '../overlap/refuse-overlap.ts'
import { moveTargetOf } from '../visits/visit-times-query.ts'
import type { TicketLink } from './ticket-link.ts'

export type BookingChanges = {
  /** @throws RefusedError, UnreachableError */
  cancel(reason: string): Promise<Booking>
  /**
   * Confirms a hold that has a patient, such as an offer of the waitlist. Without the token of its e-mail, it may stay
   * PENDING, and a link is sent.
   *
   * @param answered to what the visit type asks; null: it asks nothing, or has its answers @throws as cancel
   */
  confirm(confirmationToken: string | null, mayOverlap: boolean, answered: Answered | null): Promise<Booking>
  /**
   * @param timeId as `timeIdOf`
   * @param mayOverlap whether the patient may have another appointment at the same time @throws as cancel
   */
  move(timeId: string, mayOverlap: boolean): Promise<Booking>
  /** Confirms that the patient comes to this slot. @throws as cancel */
  attend(slotId: string): Promise<Booking>
  /** The patient no longer agrees. @throws as cancel */
  withdrawConsent(questionId: string): Promise<Booking>
  /** Corrects answers to what was asked. @throws as cancel */
  correctAnswers(correction: AnswersCorrection): Promise<Booking>
  /** Links the booking to the signed-in account. @throws as cancel */
  linkToAccount(): Promise<Booking>
}

/** Changes a booking, and updates the cached data that contains it. */
export function useBookingChanges(link: TicketLink): BookingChanges {
  const queryClient = useQueryClient()
  const auth = link.manageToken === null ? {} : { auth: link.manageToken }
  const path = { bookingId: link.bookingId }
  const done = (booking: Booking, readBy = link.manageToken) => {
    queryClient.setQueryData(bookingQuery(link.bookingId, readBy).queryKey, booking)
    void queryClient.invalidateQueries({ queryKey: ['my-bookings'] })
    void queryClient.invalidateQueries({ queryKey: ['slots', booking.doctorId] })
    return booking
  }
  return {
    async cancel(reason) {
      const body = reason.trim() === '' ? {} : { reason: reason.trim() }
      return done(await dataOf(api.cancelBooking({ path, body, ...auth })))
    },
    async confirm(confirmationToken, mayOverlap, answered) {
      // The link of the e-mail is that of the patient whom the clinic knows.
      const said = answered !== null && confirmationToken !== null ? { answers: answered.answers } : answered
      const proof = confirmationToken === null ? {} : { confirmationToken }
      const body = { ...proof, ...said, ...refuseOverlap(mayOverlap) }
      return done(await dataOf(api.confirmBooking({ path, body, ...auth })))
    },
    async move(timeId, mayOverlap) {
      const body = { ...moveTargetOf(timeId), ...refuseOverlap(mayOverlap) }
      return done(await dataOf(api.rescheduleBooking({ path, body, ...auth })))
    },
    async attend(slotId) {
      return done(await dataOf(api.confirmAttendance({ path, body: { slotId }, ...auth })))
    },
    async withdrawConsent(questionId) {
      return done(await dataOf(api.withdrawConsent({ path: { ...path, questionId }, ...auth })))
    },
    async correctAnswers(body) {
      try {
        return done(await dataOf(api.correctAnswers({ path, body, ...auth })))
      } catch (error) {
        // Its version may be another one.
        await queryClient.invalidateQueries({ queryKey: bookingQuery(link.bookingId, link.manageToken).queryKey })
        throw error
      }
    },
    async linkToAccount() {
      // The cookie identifies the account; the token in the body proves the right to the booking.
      return done(await dataOf(api.linkBooking({ path, body: { manageToken: link.manageToken ?? '' } })), null)
    },
  }
}
