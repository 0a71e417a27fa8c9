import { type NewBookingBody, restOperations } from '@holdfast/contract'
import Type from 'typebox'
import type { Booked, BookRequest, Outcome } from './strategy.ts'

/** The product's schema: invalid bodies are refused as in the product. */
export const bodySchema = restOperations.createBooking.body

/** The product's response without the manage token, which none of the designs has. */
export const responseSchema = Type.Omit(restOperations.createBooking.responses[201].schema, ['manageToken'])

const noPatient: NonNullable<NewBookingBody['patient']> = { name: '' }

export function bookRequestOf(
  { slotId = '', units = 1, patient = noPatient, appointmentType = 'in_person', reason }: NewBookingBody,
  key: string | string[] | undefined,
): BookRequest {
  const { name, email = null, phone = null } = patient
  const patientOrNulls = { name, email, phone }
  const sent = typeof key === 'string' ? key : null
  return { slotId, units, patient: patientOrNulls, appointmentType, reason: reason ?? null, key: sent }
}

export function bookingBody(booking: Booked) {
  return {
    ...booking,
    startsAt: booking.startsAt.toISOString(),
    endsAt: booking.endsAt.toISOString(),
    holdExpiresAt: booking.holdExpiresAt.toISOString(),
    createdAt: booking.createdAt.toISOString(),
  }
}

const refusals = {
  slot_full: { code: 'slot_full', status: 409, title: 'The slot does not have enough free units' },
  slot_locked: { code: 'slot_locked', status: 409, title: 'Somebody else is booking this slot' },
  slot_missing: { code: 'slot_not_found', status: 404, title: 'There is no such slot' },
  key_reused: { code: 'idempotency_key_reused', status: 422, title: 'This key came with another request' },
} as const satisfies Record<Exclude<Outcome['kind'], 'booked'>, { code: string; status: number; title: string }>

/** The problem document of a refusal. */
export function refusalBody(kind: keyof typeof refusals) {
  const { code, status, title } = refusals[kind]
  return { type: `https://holdfast.example/problems/${code}`, status, title, code }
}
