import { currentLocale } from '../../../lib/i18n/i18n.ts'
import { specializationName } from '../../../lib/i18n/specialization-name.ts'
import { useClinic } from '../use-clinic.ts'

/** The specializations of the clinic's doctors, by their names in the reader's language. */
export function useSpecializationOptions(): { value: string; label: string }[] {
  const { doctors } = useClinic()
  const labels = new Map(doctors.map((doctor) => [doctor.specialization, specializationName(doctor)]))
  return [...labels]
    .map(([value, label]) => ({ value, label }))
    .sort((one, other) => one.label.localeCompare(other.label, currentLocale()))
}
