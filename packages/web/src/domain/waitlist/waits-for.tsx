import type { WaitlistEntry } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { nameWithSpecialization, specializationName } from '../../lib/i18n/specialization-name.ts'
import { doctorQuery, specializationsQuery } from '../../lib/queries/directory-queries.ts'
import { VisitOfBooking } from '../visits/visit-of-booking.tsx'

type Wanted = Pick<WaitlistEntry, 'clinicId' | 'doctorId' | 'specialization' | 'visitTypeId'>

/** What an entry waits for: a visit type, unless it is a fixed slot, with a doctor, or with any of a specialization. */
export function WaitsFor({ entry: { clinicId, visitTypeId, ...who } }: { entry: Wanted }) {
  if (visitTypeId === null) return <Who {...who} />
  return (
    <>
      <VisitOfBooking booking={{ clinicId, visitTypeId }} />
      <Text component="span" inherit display="block">
        <Who {...who} />
      </Text>
    </>
  )
}

function Who({ doctorId, specialization }: Pick<Wanted, 'doctorId' | 'specialization'>) {
  const { t } = useTranslation('waitlist')
  const doctor = useQuery({ ...doctorQuery(doctorId ?? ''), enabled: doctorId !== null }).data
  const known = useQuery({ ...specializationsQuery, enabled: specialization !== null }).data
  if (specialization === null) return doctor === undefined ? '\u00a0' : nameWithSpecialization(doctor)
  const names = known?.find(({ name }) => name === specialization)?.names ?? null
  return t('anyDoctor', { specialization: specializationName({ specialization, specializationNames: names }) })
}
