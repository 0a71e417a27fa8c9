import type { Patient } from '@holdfast/engine'
import { problem } from '../../edge/errors/problem-error.ts'
import type { BookingReach } from '../guards/reach-booking.ts'
import type { RestDeps } from '../rest-deps.ts'

/**
 * An offer of the waitlist is accepted for the patient who waited: nobody gives the place to somebody else, or has a
 * stranger notified of it. What the entry lacks may be added. The clinic's people may change everything.
 *
 * @param patient as sent with the confirmation
 * @throws ProblemError offer_of_another_patient
 */
export async function requirePatientOfOffer(
  { engine }: RestDeps,
  bookingId: string,
  reach: BookingReach,
  patient: Patient,
): Promise<void> {
  if (reach.as === 'desk') return
  const offeredTo = await engine.waitlist.patientOfOffer(bookingId)
  if (offeredTo === null) return
  const fields = (['name', 'email'] as const).filter((field) => isAnother(offeredTo[field], patient[field]))
  if (fields.length === 0) return
  throw problem('offer_of_another_patient', 'The place is offered to the patient of the waitlist entry.', {
    errors: fields.map((field) => ({ path: `/patient/${field}`, message: 'must be the one of the waitlist entry' })),
  })
}

function isAnother(offeredTo: string | undefined, sent: string | undefined): boolean {
  return offeredTo !== undefined && shapeOf(offeredTo) !== shapeOf(sent ?? '')
}

function shapeOf(text: string): string {
  return text.trim().toLowerCase()
}
