import type { PatientRecord } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { formatNumericDate } from '../../../../lib/i18n/format.ts'

type Known = Pick<PatientRecord, 'name' | 'birthDate' | 'mrn'> & Partial<Pick<PatientRecord, 'phone' | 'email'>>

/** What tells patients of one name apart. */
export function KnownRecord({ record: { name, birthDate, mrn, phone = null, email = null } }: { record: Known }) {
  const known = [birthDate === null ? null : formatNumericDate(birthDate), mrn, phone, email]
  return (
    <div>
      <Text fw={600}>
        <bdi>{name}</bdi>
      </Text>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        <bdi>{known.filter((one) => one !== null).join(' · ')}</bdi>
      </Text>
    </div>
  )
}
