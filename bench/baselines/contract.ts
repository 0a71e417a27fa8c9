import { type NewBookingBody, restOperations } from '@holdfast/contract'
import Type from 'typebox'
import type { Asked, Booked, Outcome } from './strategy.ts'

/** The product's own schema: what is refused there is refused here. */
export const bodySchema = restOperations.createBooking.body

/** The product's answer, but for the manage token, which none of the designs has. */
export const answerSchema = Type.Omit(restOperations.createBooking.answers[201].schema, ['manageToken'])

export function askedOf({ slotId, units = 1, patient, appointmentType = 'in_person', reason }: NewBookingBody): Asked {
  const { name, email = null, phone = null } = patient
  return { slotId, units, patient: { name, email, phone }, appointmentType, reason: reason ?? null }
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
  slot_full: { status: 409, title: 'The slot has no room for this' },
  slot_locked: { status: 409, title: 'Somebody else is booking this slot' },
  slot_missing: { status: 404, title: 'There is no such slot' },
} as const satisfies Record<Exclude<Outcome['kind'], 'booked'>, { status: number; title: string }>

/** The problem document of a refusal. */
export function refusalBody(kind: keyof typeof refusals) {
  const code = kind === 'slot_missing' ? 'slot_not_found' : kind
  return { type: `https://holdfast.example/problems/${code}`, ...refusals[kind], code }
}
