import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'

/** Returns a function for patients' names. An erased patient has none, nor may a hold: a text says so. */
export function usePatientName(): (booking: Pick<Booking, 'patient' | 'erasedAt' | 'status'>) => string {
  const { t } = useTranslation('shell')
  return ({ patient: { name }, erasedAt, status }) => {
    if (name) return name
    if (erasedAt !== null) return t('erasedPatient')
    return t(status === 'PENDING' ? 'noNameYet' : 'noName')
  }
}
