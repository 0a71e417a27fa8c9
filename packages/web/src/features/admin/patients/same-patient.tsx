import type { LikelyDuplicate, MergedRecord, PatientRecord, PatientWithVisits } from '@holdfast/contract/client'
import { Alert, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumericDate } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import adminClasses from '../admin.module.css'
import { KnownRecord } from '../shared/patient/known-record.tsx'
import { duplicatesQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'
import { MergeDialog } from './merge-dialog.tsx'

/** The other records of a patient: those that may be, to be compared, and those that were merged into this one. */
export function SamePatient({ patient }: { patient: PatientWithVisits }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const found = useQuery(duplicatesQuery(clinicId, patient.id))
  const [other, setOther] = useState<PatientRecord | null>(null)
  const likely = found.data?.items ?? []
  if (found.isError) return <ErrorState error={found.error} />
  if (likely.length === 0 && patient.merged.length === 0) return null
  return (
    <Panel id="patient-same" title={t('same.title')}>
      {likely.length === 0 ? null : (
        <>
          <Text>{t('same.likely')}</Text>
          <ul className={adminClasses.choices}>
            {likely.map((one) => (
              <Likely key={one.id} record={one} onCompare={() => setOther(one)} />
            ))}
          </ul>
        </>
      )}
      {patient.merged.length === 0 ? null : (
        <Stack gap="sm">
          <Title order={3} size="h4">
            {t('same.merged')}
          </Title>
          <ul className={adminClasses.choices}>
            {patient.merged.map((one) => (
              <Merged key={one.id} record={one} />
            ))}
          </ul>
        </Stack>
      )}
      {other === null ? null : (
        <MergeDialog key={other.id} record={patient} other={other} isOpen onClose={() => setOther(null)} />
      )}
    </Panel>
  )
}

function Likely({ record, onCompare }: { record: LikelyDuplicate; onCompare: () => void }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  return (
    <li>
      <div>
        <KnownRecord record={record} />
        <Text size="sm">{record.same.map((one) => t(`same.by.${one}`)).join(' · ')}</Text>
        <TextLink to="/clinic/$clinicId/patients/$patientId" params={{ clinicId, patientId: record.id }}>
          {t('same.open')}
        </TextLink>
      </div>
      <ActionButton
        variant="default"
        size="sm"
        aria-label={t('merge.compareName', { name: isolated(record.name) })}
        onClick={onCompare}
      >
        {t('merge.compare')}
      </ActionButton>
    </li>
  )
}

function Merged({ record }: { record: MergedRecord }) {
  const { t } = useTranslation('patients')
  return (
    <li>
      <div>
        <KnownRecord record={record} />
        <Text size="sm">{t('same.mergedOn', { date: formatNumericDate(record.mergedAt.slice(0, 10)) })}</Text>
      </div>
      {record.through === null ? (
        <Separate id={record.id} version={record.version} name={record.name} />
      ) : (
        <Text size="sm">{t('same.through')}</Text>
      )}
    </li>
  )
}

type SeparateProps = Pick<PatientRecord, 'id' | 'version' | 'name'>

/** Undoes a merge: both records have again what each had. */
function Separate({ id: patientId, version, name }: SeparateProps) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const separation = useMutation({
    mutationFn: () => dataOf(api.unmergePatient({ path: { clinicId, patientId }, body: { version } })),
    onSuccess: () => {
      toastDone({ message: t('same.separated') })
      // The button is gone then.
      focusPageTitle()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  return (
    <Stack gap="xs">
      <ActionButton
        variant="default"
        size="sm"
        aria-label={t('same.separateName', { name: isolated(name) })}
        isBusy={separation.isPending}
        onClick={() => separation.mutate()}
      >
        {t('same.separate')}
      </ActionButton>
      {separation.isError ? <ErrorState error={separation.error} /> : null}
    </Stack>
  )
}

/** In place of what can be done with a record: this one was merged into another. */
export function MergedNotice({ patient, keptId }: { patient: PatientWithVisits; keptId: string }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  return (
    <Alert role="status" color="amber" variant="outline" radius="lg" title={t('same.isMerged')}>
      <Stack gap="sm" align="flex-start">
        <Text>{t('same.isMergedHelp')}</Text>
        <Group gap="sm">
          <LinkButton size="sm" to="/clinic/$clinicId/patients/$patientId" params={{ clinicId, patientId: keptId }}>
            {t('same.openKept')}
          </LinkButton>
          <Separate id={patient.id} version={patient.version} name={patient.name} />
        </Group>
      </Stack>
    </Alert>
  )
}
