import { NativeSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useClinic } from '../../use-clinic.ts'

type DoctorFilterProps = { doctorId: string | undefined; onChange: (doctorId: string) => void }

/** All doctors of the clinic, or one. */
export function DoctorFilter({ doctorId, onChange }: DoctorFilterProps) {
  const { t } = useTranslation('admin')
  const { doctors } = useClinic()
  return (
    <NativeSelect
      label={t('filter.doctor')}
      value={doctorId ?? ''}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
      data={[
        { value: '', label: t('filter.allDoctors') },
        ...doctors.map(({ id, name }) => ({ value: id, label: name })),
      ]}
    />
  )
}
