import type { RetentionKind } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { UnsavedChanges } from '../../../ui/dialogs/unsaved-changes.tsx'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { ListTable } from '../../../ui/list-table.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { useDirtyForms } from '../shared/fields/use-dirty-forms.ts'
import { useClinic } from '../use-clinic.ts'
import { MessageDays } from './message-days.tsx'
import { PatientMonths } from './patient-months.tsx'
import { retentionQuery } from './retention-queries.ts'

/** How long the clinic's data is stored: what the clinic decides, and all kinds with their times. */
export function PrivacyPage() {
  const { t } = useTranslation('admin')
  const { isDirty, report } = useDirtyForms()
  return (
    <Stack gap="lg">
      <PageHead title={t('tabs.privacy')} intro={t('privacy.intro')} maw="44rem" />
      <UnsavedChanges isDirty={isDirty} />
      <PatientMonths report={report} />
      <MessageDays report={report} />
      <Kinds />
    </Stack>
  )
}

function Kinds() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const retention = useQuery(retentionQuery(clinicId, {}))
  return (
    <Panel id="privacy-kinds" title={t('privacy.kinds')} help={t('privacy.kindsHelp')}>
      {retention.data === undefined ? (
        <LoadingOrError of={retention} />
      ) : (
        <ListTable
          caption={t('privacy.kinds')}
          heads={[t('privacy.data'), t('privacy.period'), t('privacy.chosenBy'), t('privacy.deletedBy')]}
        >
          {retention.data.kinds.map((kind) => (
            <Kind key={kind.kind} of={kind} />
          ))}
        </ListTable>
      )}
    </Panel>
  )
}

function Kind({ of: { kind, by, setting, amount, unit, deletedBy } }: { of: RetentionKind }) {
  const { t } = useTranslation('admin')
  const never = amount === 0 ? 'privacy.never' : by === 'end' ? 'privacy.untilEnd' : 'privacy.unlimited'
  return (
    <tr>
      <td>{t(`privacy.kind.${kind}`)}</td>
      <td data-label={t('privacy.period')}>
        {unit === null || amount === null || amount === 0 ? t(never) : t(`privacy.unit.${unit}`, { count: amount })}
      </td>
      <td data-label={t('privacy.chosenBy')}>
        {t(`privacy.by.${by}`)}
        {by === 'operator' && setting !== null ? (
          <Text size="sm" c="dimmed">
            <bdi dir="ltr">{setting}</bdi>
          </Text>
        ) : null}
      </td>
      <td data-label={t('privacy.deletedBy')}>{t(`privacy.deletes.${deletedBy}`)}</td>
    </tr>
  )
}
