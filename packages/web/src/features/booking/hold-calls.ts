import type { Booking, MadeBooking } from '@holdfast/contract/client'
import { api, ask } from '../../lib/api.ts'
import type { Attempt, Details } from './attempt.ts'

/** Requests the hold of an attempt. Idempotent: repeated requests return the same hold. */
export function askForHold({ key, slot, holder, appointmentType }: Attempt): Promise<MadeBooking> {
  return ask(
    api.createBooking({
      body: { slotId: slot.id, patient: holder, appointmentType },
      headers: { 'Idempotency-Key': key },
    }),
  )
}

type Made = NonNullable<Attempt['made']>

export function readHold({ bookingId, manageToken }: Made): Promise<Booking> {
  return ask(api.getBooking({ path: { bookingId }, auth: manageToken }))
}

/** Idempotent: a retry after a lost response does not extend again. */
export function extendHold({ bookingId, manageToken }: Made, key: string): Promise<Booking> {
  return ask(
    api.extendBooking({
      path: { bookingId },
      auth: manageToken,
      headers: { 'Idempotency-Key': `${key}-extend` },
    }),
  )
}

export function confirmHold({ bookingId, manageToken }: Made, details: Details): Promise<Booking> {
  const [name, email, phone, reason] = [details.name, details.email, details.phone, details.reason].map((text) =>
    text.trim(),
  )
  return ask(
    api.confirmBooking({
      path: { bookingId },
      auth: manageToken,
      body: {
        patient: { name: name ?? '', ...(email ? { email } : {}), ...(phone ? { phone } : {}) },
        ...(reason ? { reason } : {}),
      },
    }),
  )
}

export function releaseHold({ bookingId, manageToken }: Made): Promise<Booking> {
  return ask(api.cancelBooking({ path: { bookingId }, auth: manageToken, body: {} }))
}
