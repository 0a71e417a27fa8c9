import type { Booking, MadeBooking, VisitQuestion } from '@holdfast/contract/client'
import { api, dataOf } from '../../lib/api/api.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { sentAnswers } from '../answers/typed-answers.ts'
import { refuseOverlap } from '../overlap/refuse-overlap.ts'
import type { Attempt, Details, HoldAccess } from './attempt.ts'

/** Requests the hold of an attempt. Idempotent: repeated requests return the same hold. */
export function requestHold({ key, slot, units, holder, appointmentType }: Attempt): Promise<MadeBooking> {
  const { id, startsAt, visitTypeId } = slot
  return dataOf(
    api.createBooking({
      body: {
        ...(visitTypeId === undefined ? { slotId: id } : { sessionId: id, startsAt, visitTypeId }),
        appointmentType,
        ...(units === undefined ? {} : { units }),
        ...(holder === null ? {} : { patient: holder }),
      },
      headers: { 'Idempotency-Key': key },
    }),
  )
}

export function readHold({ bookingId, manageToken }: HoldAccess): Promise<Booking> {
  return dataOf(api.getBooking({ path: { bookingId }, auth: manageToken }))
}

/** Idempotent: a retry after a lost response does not extend again. @param nth how often it was extended before */
export function extendHold({ bookingId, manageToken }: HoldAccess, key: string, nth: number): Promise<Booking> {
  return dataOf(
    api.extendBooking({
      path: { bookingId },
      auth: manageToken,
      headers: { 'Idempotency-Key': `${key}-extend-${nth}` },
    }),
  )
}

/**
 * @param mayOverlap whether the patient may have another appointment at the same time
 * @param questions what the visit type asks
 */
export function confirmHold(
  { bookingId, manageToken }: HoldAccess,
  details: Details,
  mayOverlap: boolean,
  questions: readonly VisitQuestion[],
): Promise<Booking> {
  const [name, email, phone, reason] = [details.name, details.email, details.phone, details.reason].map((text) =>
    text.trim(),
  )
  return dataOf(
    api.confirmBooking({
      path: { bookingId },
      auth: manageToken,
      body: {
        patient: {
          name: name ?? '',
          ...(email ? { email } : {}),
          ...(phone ? { phone } : {}),
          language: currentLanguage(),
        },
        ...(reason ? { reason } : {}),
        ...(questions.length === 0 ? {} : { answers: sentAnswers(questions, details.answers ?? {}) }),
        ...refuseOverlap(mayOverlap),
      },
    }),
  )
}

export function releaseHold({ bookingId, manageToken }: HoldAccess): Promise<Booking> {
  return dataOf(api.cancelBooking({ path: { bookingId }, auth: manageToken, body: {} }))
}
