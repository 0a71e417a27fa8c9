import type { WaitlistEntry } from '@holdfast/contract/client'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { nameWithSpecialization, specializationName } from '../../lib/i18n/specialization-name.ts'
import { doctorQuery, specializationsQuery } from '../../lib/queries/directory-queries.ts'

/** Whom an entry waits for: a doctor, or any with a specialization. */
export function WaitsFor({ entry }: { entry: Pick<WaitlistEntry, 'doctorId' | 'specialization'> }) {
  const { t } = useTranslation('waitlist')
  const { doctorId, specialization } = entry
  const doctor = useQuery({ ...doctorQuery(doctorId ?? ''), enabled: doctorId !== null }).data
  const known = useQuery({ ...specializationsQuery, enabled: specialization !== null }).data
  if (specialization === null) return doctor === undefined ? '\u00a0' : nameWithSpecialization(doctor)
  const names = known?.find(({ name }) => name === specialization)?.names ?? null
  return t('anyDoctor', { specialization: specializationName({ specialization, specializationNames: names }) })
}
