import type { PatientRecord } from '@holdfast/contract/client'
import type { mergedFields } from '@holdfast/vocabulary'
import { Group, Radio, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatLanguage, formatNumericDate } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { ChooseRecord } from '../shared/patient/choose-record.tsx'
import { KnownRecord } from '../shared/patient/known-record.tsx'
import { patientQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'
import { differencesOf, takenOf } from './record-differences.ts'

type MergeProps = {
  record: PatientRecord
  /** The other record of the same patient; null: it is looked for first. */
  other: PatientRecord | null
  isOpen: boolean
  onClose: () => void
}

/** Compares two records of one patient, field by field, and merges them: one stays. */
export function MergeDialog({ record, other, isOpen, onClose }: MergeProps) {
  const { t } = useTranslation('patients')
  return (
    <Dialog isOpen={isOpen} onClose={onClose} size="lg" title={t('merge.title')}>
      <MergeSteps record={record} other={other} onClose={onClose} />
    </Dialog>
  )
}

function MergeSteps({ record, other, onClose }: Omit<MergeProps, 'isOpen'>) {
  const { t } = useTranslation('patients')
  const [found, setFound] = useState(other)
  if (found !== null) return <Compare one={record} found={found} onClose={onClose} />
  return (
    <Stack gap="md">
      <Text>{t('merge.search')}</Text>
      <ChooseRecord
        name={record.name}
        none={t('list.none')}
        exceptId={record.id}
        buttonOf={(one) => (
          <ActionButton
            variant="default"
            size="sm"
            aria-label={t('merge.compareName', { name: isolated(one.name) })}
            onClick={() => setFound(one)}
          >
            {t('merge.compare')}
          </ActionButton>
        )}
      />
    </Stack>
  )
}

const labelOf = {
  name: 'admin:field.name',
  birthDate: 'field.birthDate',
  sex: 'field.sex',
  phone: 'admin:field.phone',
  email: 'admin:field.email',
  address: 'admin:field.address',
  language: 'field.language',
  mrn: 'field.mrn',
} as const

function Compare({ one, found, onClose }: { one: PatientRecord; found: PatientRecord; onClose: () => void }) {
  const { t } = useTranslation(['patients', 'admin', 'shell'])
  const { clinicId } = useClinic()
  // As it is now: a record that was changed meanwhile is refused, and shown anew.
  const other = useQuery(patientQuery(clinicId, found.id)).data ?? found
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [keptId, setKeptId] = useState(one.id)
  const [chosen, setChosen] = useState<Record<string, string>>({})
  const [kept, merged] = keptId === one.id ? [one, other] : [other, one]
  const differences = differencesOf(one, other)
  const merge = useMutation({
    mutationFn: () => {
      const take = takenOf(kept, merged, chosen)
      const body = { mergedId: merged.id, version: kept.version, mergedVersion: merged.version, take }
      return dataOf(api.mergePatients({ path: { clinicId, patientId: kept.id }, body }))
    },
    onSuccess: async () => {
      toastDone({ message: t('merge.done') })
      onClose()
      const params = { clinicId, patientId: kept.id }
      await navigate({ to: '/clinic/$clinicId/patients/$patientId', params })
      focusPageTitle()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  return (
    <Stack gap="md">
      <Text>{t('merge.text')}</Text>
      <Radio.Group label={t('merge.stays')} value={keptId} onChange={setKeptId}>
        <Stack gap="sm" mt="xs">
          {[one, other].map((record) => (
            <Radio key={record.id} value={record.id} label={<KnownRecord record={record} />} />
          ))}
        </Stack>
      </Radio.Group>
      {differences.length === 0 ? null : <Text>{t('merge.differ')}</Text>}
      {differences.map((field) => (
        <Radio.Group
          key={field}
          label={t(labelOf[field])}
          value={chosen[field] ?? kept.id}
          onChange={(id) => setChosen({ ...chosen, [field]: id })}
        >
          <Stack gap="xs" mt="xs">
            {[one, other].map((record) => (
              <Radio key={record.id} value={record.id} label={<Value of={record} field={field} />} />
            ))}
          </Stack>
        </Radio.Group>
      ))}
      {merge.isError ? <ErrorState error={merge.error} /> : null}
      <Group gap="sm">
        <ActionButton isBusy={merge.isPending} onClick={() => merge.mutate()}>
          {t('merge.submit')}
        </ActionButton>
        <ActionButton variant="default" disabled={merge.isPending} onClick={onClose}>
          {t('shell:goBack')}
        </ActionButton>
      </Group>
    </Stack>
  )
}

function Value({ of, field }: { of: PatientRecord; field: (typeof mergedFields)[number] }) {
  const { t } = useTranslation('patients')
  const { birthDate, sex, language } = of
  const texts = {
    birthDate: birthDate === null ? null : formatNumericDate(birthDate),
    sex: sex === null ? null : t(`sex.${sex}`),
    language: language === null ? null : formatLanguage(language),
  }
  const text = field === 'birthDate' || field === 'sex' || field === 'language' ? texts[field] : of[field]
  return (
    <Text component="span" dir="auto" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>
      {text}
    </Text>
  )
}
