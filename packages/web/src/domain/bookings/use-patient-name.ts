import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'

/** Returns a function for the patient's name; an erased patient has none, and a text says so. */
export function usePatientName(): (booking: Pick<Booking, 'patient'>) => string {
  const { t } = useTranslation('shell')
  return ({ patient: { name } }) => (name === '' ? t('erasedPatient') : name)
}
