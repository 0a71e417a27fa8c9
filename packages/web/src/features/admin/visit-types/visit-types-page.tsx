import type { VisitType } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { visitTypesQuery } from '../../../domain/visits/visit-type-queries.ts'
import { formatMinutes, formatMoney, formatNumber } from '../../../lib/i18n/format.ts'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { SwitchButton } from './switch-button.tsx'
import { VisitTypeForm } from './visit-type-form.tsx'
import classes from './visit-types.module.css'

/** What patients book at the clinic: adding, editing and switching off. */
export function VisitTypesPage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const visitTypes = useQuery(visitTypesQuery(clinicId))
  const [edited, setEdited] = useState<VisitType | 'new' | null>(null)
  const add = <Button onClick={() => setEdited('new')}>{t('visitTypes.add')}</Button>
  const isEmpty = visitTypes.data?.length === 0
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <PageHead
          title={t('tabs.visitTypes')}
          intro={t('visitTypes.intro')}
          help={{ href: '/help/visit-types', text: t('visitTypes.help') }}
        />
        {visitTypes.data === undefined || isEmpty ? null : add}
      </Group>
      {visitTypes.data === undefined ? (
        <LoadingOrError of={visitTypes} />
      ) : isEmpty ? (
        <EmptyState title={t('visitTypes.none')} help={t('visitTypes.noneHelp')}>
          {add}
        </EmptyState>
      ) : (
        <VisitTypesTable visitTypes={visitTypes.data} onEdit={setEdited} />
      )}
      <Dialog
        isOpen={edited !== null}
        onClose={() => setEdited(null)}
        isForm
        size="lg"
        title={edited === 'new' || edited === null ? t('visitTypes.add') : t('doctors.editOf', { name: edited.name })}
      >
        {edited === null ? null : (
          <VisitTypeForm
            visitType={edited === 'new' ? null : edited}
            onDone={({ name }) => {
              setEdited(null)
              toastDone({ message: t('saved', { name }) })
            }}
          />
        )}
      </Dialog>
    </Stack>
  )
}

type TableProps = { visitTypes: readonly VisitType[]; onEdit: (visitType: VisitType) => void }

function VisitTypesTable({ visitTypes, onEdit }: TableProps) {
  const { t } = useTranslation('admin')
  return (
    <ListTable
      caption={t('tabs.visitTypes')}
      heads={[
        t('field.name'),
        t('visitTypes.lasts'),
        t('field.fee'),
        t('visitTypes.field.bookableBy'),
        t('visitTypes.active'),
        t('doctors.actions'),
      ]}
    >
      {visitTypes.map((visitType) => (
        <VisitTypeRow key={visitType.id} visitType={visitType} onEdit={onEdit} />
      ))}
    </ListTable>
  )
}

function VisitTypeRow({ visitType, onEdit }: { visitType: VisitType; onEdit: TableProps['onEdit'] }) {
  const { t } = useTranslation('admin')
  const { name, fee, bookableBy, approval, active, minutes, bufferBeforeMinutes, bufferAfterMinutes } = visitType
  const buffers = [
    ...(bufferBeforeMinutes === 0 ? [] : [t('visitTypes.before', { time: formatMinutes(bufferBeforeMinutes) })]),
    ...(bufferAfterMinutes === 0 ? [] : [t('visitTypes.after', { time: formatMinutes(bufferAfterMinutes) })]),
  ]
  return (
    <tr data-quiet={!active || undefined}>
      <td>
        <Text fw={600}>
          {visitType.color === null ? null : <span className={classes.swatch} data-color={visitType.color} />}
          <bdi>{name}</bdi>
        </Text>
        <Details visitType={visitType} />
      </td>
      <td data-label={t('visitTypes.lasts')} className="tabular">
        {formatMinutes(minutes)}
        {buffers.map((buffer) => (
          <Text key={buffer} size="sm" c="dimmed">
            {buffer}
          </Text>
        ))}
      </td>
      <td data-label={t('field.fee')}>{fee === null ? '–' : formatMoney(fee)}</td>
      <td data-label={t('visitTypes.field.bookableBy')}>
        {t(`visitTypes.bookers.${bookableBy}`)}
        {approval === 'none' ? null : (
          <Text size="sm" c="dimmed">
            {t('visitTypes.onRequest')}
          </Text>
        )}
      </td>
      <td data-label={t('visitTypes.active')}>{active ? t('yes') : t('no')}</td>
      <td>
        <div className={layoutClasses.actions}>
          <Button
            size="sm"
            variant="default"
            aria-label={t('doctors.editOf', { name })}
            onClick={() => onEdit(visitType)}
          >
            {t('doctors.edit')}
          </Button>
          <SwitchButton visitType={visitType} />
        </div>
      </td>
    </tr>
  )
}

/** How many may come at once, and who offers it. */
function Details({ visitType: { capacity, doctors: offering } }: { visitType: VisitType }) {
  const { t } = useTranslation('admin')
  const { doctors } = useClinic()
  const names = doctors.filter(({ id }) => offering.some(({ doctorId }) => doctorId === id)).map(({ name }) => name)
  return (
    <>
      {capacity === 1 ? null : (
        <Text size="sm" c="dimmed">
          {t('visitTypes.group', { places: formatNumber(capacity) })}
        </Text>
      )}
      {names.map((name) => (
        <Text key={name} size="sm" c="dimmed">
          <bdi>{name}</bdi>
        </Text>
      ))}
    </>
  )
}
