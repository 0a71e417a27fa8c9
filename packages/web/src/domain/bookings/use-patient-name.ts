import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'

/** Returns a function for patients' names. An erased patient has none, and a hold may have none yet: a text says so. */
export function usePatientName(): (booking: Pick<Booking, 'patient' | 'erasedAt'>) => string {
  const { t } = useTranslation('shell')
  return ({ patient: { name }, erasedAt }) => name || t(erasedAt === null ? 'noName' : 'erasedPatient')
}
