import type { Booking } from '@holdfast/engine'
import type { BookingReach } from '../guards/reach-booking.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'

/** How often a booking that others change meanwhile is read. */
const readsMax = 5

/**
 * Reads a booking, and has it judged and written, as long as it is the version that was read; otherwise reads it again.
 *
 * @throws ProblemError if there is no such booking
 */
export async function asJudged<Outcome extends { kind: string }>(
  deps: RestDeps,
  bookingId: string,
  reach: BookingReach,
  write: (booking: Booking) => Promise<Outcome>,
): Promise<Outcome> {
  let booking = reach.booking ?? (await deps.engine.reads.booking(bookingId, reach.access))
  for (let reads = 1; ; reads += 1) {
    if (booking === null) throw refusalProblem({ kind: 'booking_missing' })
    const outcome = await write(booking)
    if (outcome.kind !== 'booking_changed' || reads === readsMax) return outcome
    booking = await deps.engine.reads.booking(bookingId, reach.access)
  }
}
