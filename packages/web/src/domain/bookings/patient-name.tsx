import type { Booking } from '@holdfast/contract/client'
import { usePatientName } from './use-patient-name.ts'

/** The patient's name, in its own direction. */
export function PatientName({ of: booking }: { of: Pick<Booking, 'patient' | 'erasedAt' | 'status'> }) {
  const nameOf = usePatientName()
  return <bdi>{nameOf(booking)}</bdi>
}
