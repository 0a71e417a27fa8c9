import type { Booking, Clinic } from '@holdfast/contract/client'

/** Keys of `admin:cancel.mail`. */
export type CancellationMail = 'sent' | 'notConfirmed' | 'begun' | 'noAddress' | 'clinicSendsNone'

/** Whether the patient of a booking gets an e-mail when staff cancel it, or why not. @param now in milliseconds */
export function cancellationMail(
  { status, startsAt, patient }: Pick<Booking, 'status' | 'startsAt' | 'patient'>,
  { sendsEmails }: Pick<Clinic, 'sendsEmails'>,
  now: number,
): CancellationMail {
  if (status === 'PENDING') return 'notConfirmed'
  if (Date.parse(startsAt) <= now) return 'begun'
  if (patient.email === undefined) return 'noAddress'
  return sendsEmails ? 'sent' : 'clinicSendsNone'
}
