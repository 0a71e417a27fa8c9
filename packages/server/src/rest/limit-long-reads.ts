import { type ClinicLimiter, type Engine, lostBookings } from '@holdfast/engine'
import { problem } from '../edge/errors/problem-error.ts'
import { isOverloaded } from './limit-writes.ts'

/**
 * The engine with a limit on how many searches for what people of a clinic have booked since run at a time: each takes
 * the database tens to hundreds of milliseconds, and must not take the connections of all other clinics. A list without
 * anything to search for does not wait.
 *
 * @throws ProblemError overloaded, if too many wait or one has waited too long
 */
export function limitLongReads(engine: Engine, limit: ClinicLimiter): Engine {
  async function limited<Found>(clinicNo: number, read: () => Promise<Found>): Promise<Found> {
    const outcome = await limit(clinicNo, async () => ({ found: await read() }))
    if (!isOverloaded(outcome)) return outcome.found
    const { retryAfterSeconds } = outcome
    throw problem('overloaded', 'Too many lists of this clinic are being read.', { retryAfterSeconds })
  }
  const { reads, waitlist } = engine
  return {
    ...engine,
    reads: {
      ...reads,
      bookedSinceWithdrawal: (query) => {
        const read = () => reads.bookedSinceWithdrawal(query)
        return lostBookings(query.bookings).length === 0 ? read() : limited(query.clinicNo, read)
      },
    },
    waitlist: {
      ...waitlist,
      bookedSince: (clinicNo, ids) => {
        const read = () => waitlist.bookedSince(clinicNo, ids)
        return ids.length === 0 ? read() : limited(clinicNo, read)
      },
    },
  }
}
