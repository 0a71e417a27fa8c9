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
