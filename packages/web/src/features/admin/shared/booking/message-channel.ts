import type { Booking, Clinic } from '@holdfast/contract/client'

/** What a message can be about. */
type Kind = Clinic['smsKinds'][number]

/**
 * How a patient gets a message of a kind; null: the clinic has to call. A number that gets no SMS, such as that of a
 * landline, is listed with the messages that failed.
 */
export function messageChannel(
  { patient }: Pick<Booking, 'patient'>,
  { sendsEmails, smsKinds }: Pick<Clinic, 'sendsEmails' | 'smsKinds'>,
  kind: Kind,
): 'email' | 'sms' | null {
  if (patient.email !== undefined && sendsEmails) return 'email'
  return patient.phone !== undefined && smsKinds.includes(kind) ? 'sms' : null
}

/**
 * How a patient gets the message when the desk cancels a booking, or declines a request; otherwise why there is none:
 * keys of `admin:cancel.message`.
 *
 * @param now in milliseconds
 */
export function endMessage(
  booking: Pick<Booking, 'status' | 'startsAt' | 'patient'>,
  clinic: Pick<Clinic, 'sendsEmails' | 'smsKinds'>,
  { isDeclined, now }: { isDeclined: boolean; now: number },
): 'email' | 'sms' | 'none' | 'notConfirmed' | 'begun' {
  if (isDeclined) return messageChannel(booking, clinic, 'declined') ?? 'none'
  if (booking.status === 'PENDING') return 'notConfirmed'
  if (Date.parse(booking.startsAt) <= now) return 'begun'
  return messageChannel(booking, clinic, 'cancelled') ?? 'none'
}
