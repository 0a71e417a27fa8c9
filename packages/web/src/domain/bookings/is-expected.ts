import type { Booking } from '@holdfast/contract/client'

/** Whether the patient has confirmed to come, and it is not known yet whether they did. */
export function isExpected({ status, attendanceConfirmedAt }: Pick<Booking, 'status' | 'attendanceConfirmedAt'>) {
  return status === 'CONFIRMED' && attendanceConfirmedAt !== null
}
