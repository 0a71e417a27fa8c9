import { type ClinicLimiter, clinicNoOf, type Engine, lostBookings } from '@holdfast/engine'
import { problem } from '../edge/errors/problem-error.ts'
import { isOverloaded } from './limit-writes.ts'

/** `ofMembers`: what a clinic's members read. `ofPublic`: what everybody, and patients, can read of a clinic. */
export type LongReadLimits = Record<'ofMembers' | 'ofPublic', ClinicLimiter>

/**
 * The engine with limits on how many long reads of a clinic run at a time: searches in its patients' records and for
 * what people have booked since, what a closure or new working hours concern, all that is stored about a person, and
 * the times of sessions. Each takes the database tens to hundreds of milliseconds, and must not take the connections of
 * all other clinics. The public does not keep a clinic's members waiting. A list without anything to search for does
 * not wait, and neither does a booking that looks for who is free at its start.
 *
 * @throws ProblemError overloaded, if too many wait or one has waited too long
 */
export function limitLongReads(engine: Engine, { ofMembers, ofPublic }: LongReadLimits): Engine {
  async function limited<Found>(clinicNo: number, read: () => Promise<Found>, limit = ofMembers): Promise<Found> {
    const outcome = await limit(clinicNo, async () => ({ found: await read() }))
    if (!isOverloaded(outcome)) return outcome.found
    const { retryAfterSeconds } = outcome
    throw problem('overloaded', 'Too many lists of this clinic are being read.', { retryAfterSeconds })
  }
  const { closures, workingHours, reads, sessions, waitlist, patients, personalData } = engine
  return {
    ...engine,
    closures: {
      ...closures,
      effect: (query) => limited(query.clinicNo, () => closures.effect(query)),
    },
    workingHours: {
      ...workingHours,
      preview: (hours) => limited(clinicNoOf(hours.doctorId), () => workingHours.preview(hours)),
    },
    reads: {
      ...reads,
      bookedSinceWithdrawal: (query) => {
        const read = () => reads.bookedSinceWithdrawal(query)
        return lostBookings(query.bookings).length === 0 ? read() : limited(query.clinicNo, read)
      },
    },
    sessions: {
      ...sessions,
      times: (query) => {
        const read = () => sessions.times(query)
        return query.from >= query.to ? read() : limited(query.clinicNo, read, query.byDesk ? ofMembers : ofPublic)
      },
    },
    waitlist: {
      ...waitlist,
      bookedSince: (clinicNo, ids) => {
        const read = () => waitlist.bookedSince(clinicNo, ids)
        return ids.length === 0 ? read() : limited(clinicNo, read)
      },
    },
    patients: {
      ...patients,
      list: (query) => {
        const read = () => patients.list(query)
        return query.q === null ? read() : limited(query.clinicNo, read)
      },
      unlinked: (patientId) => limited(clinicNoOf(patientId), () => patients.unlinked(patientId)),
    },
    personalData: {
      ...personalData,
      ofPerson: (request) => limited(request.clinicNo, () => personalData.ofPerson(request)),
      ofAccountIn: (clinicNo, accountId) =>
        limited(clinicNo, () => personalData.ofAccountIn(clinicNo, accountId), ofPublic),
    },
  }
}
