import { Button, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CallClinic } from '../../domain/clinics/call-clinic.tsx'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import type { DoctorSearch } from './doctor-search.ts'

/** Shown in place of the doctors when there are none, with what to do about it. */
export function NoDoctors({ search, onReset }: { search: DoctorSearch; onReset: () => void }) {
  const { t } = useTranslation('doctors')
  const { sort: _, clinicId, ...others } = search
  const isNarrowed = clinicId !== undefined || Object.keys(others).length > 0
  const isWholeClinic = clinicId !== undefined && Object.keys(others).length === 0
  const clinic = useQuery({ ...clinicQuery(clinicId ?? ''), enabled: isWholeClinic })
  if (isWholeClinic && clinic.isPending) return null
  const reset = isNarrowed ? (
    <Button size="sm" variant="default" onClick={onReset}>
      {t('none.reset')}
    </Button>
  ) : null
  if (isWholeClinic && clinic.data !== undefined) {
    return (
      <EmptyState title={t('none.clinic')} help={t('none.clinicHelp', { name: `\u2068${clinic.data.name}\u2069` })}>
        <Group gap="sm">
          <CallClinic clinic={clinic.data} />
          {reset}
        </Group>
      </EmptyState>
    )
  }
  return (
    <EmptyState title={t('none.title')} help={isNarrowed ? t('none.filtered') : t('none.empty')}>
      {reset}
    </EmptyState>
  )
}
