import type { VisitResource } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { visitResourcesQuery } from '../../../domain/visits/visit-resources-query.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { SwitchButton } from './switch-button.tsx'
import { VisitResourceForm } from './visit-resource-form.tsx'

/** The rooms and devices that appointments take: adding, editing and switching off. */
export function VisitResourcesPage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const resources = useQuery(visitResourcesQuery(clinicId))
  const [edited, setEdited] = useState<VisitResource | 'new' | null>(null)
  const add = <Button onClick={() => setEdited('new')}>{t('visitResources.add')}</Button>
  const isEmpty = resources.data?.length === 0
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <PageHead
          title={t('tabs.visitResources')}
          intro={t('visitResources.intro')}
          help={{ href: '/help/visit-types', text: t('visitResources.help') }}
        />
        {resources.data === undefined || isEmpty ? null : add}
      </Group>
      {resources.data === undefined ? (
        <LoadingOrError of={resources} />
      ) : isEmpty ? (
        <EmptyState title={t('visitResources.none')} help={t('visitResources.noneHelp')}>
          {add}
        </EmptyState>
      ) : (
        <ResourcesTable resources={resources.data} onEdit={setEdited} />
      )}
      <Dialog
        isOpen={edited !== null}
        onClose={() => setEdited(null)}
        isForm
        title={
          edited === 'new' || edited === null ? t('visitResources.add') : t('doctors.editOf', { name: edited.name })
        }
      >
        {edited === null ? null : (
          <VisitResourceForm
            resource={edited === 'new' ? null : edited}
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

type TableProps = { resources: readonly VisitResource[]; onEdit: (resource: VisitResource) => void }

function ResourcesTable({ resources, onEdit }: TableProps) {
  const { t } = useTranslation('admin')
  return (
    <ListTable
      caption={t('tabs.visitResources')}
      heads={[
        t('field.name'),
        t('visitResources.kind'),
        t('visitResources.units'),
        t('visitResources.active'),
        t('doctors.actions'),
      ]}
    >
      {resources.map((resource) => (
        <tr key={resource.id} data-quiet={!resource.active || undefined}>
          <td>
            <Text fw={600}>
              <bdi>{resource.name}</bdi>
            </Text>
          </td>
          <td data-label={t('visitResources.kind')}>{t(`visitResources.kinds.${resource.kind}`)}</td>
          <td data-label={t('visitResources.units')} className="tabular">
            {formatNumber(resource.units)}
          </td>
          <td data-label={t('visitResources.active')}>{resource.active ? t('yes') : t('no')}</td>
          <td>
            <div className={layoutClasses.actions}>
              <Button
                size="sm"
                variant="default"
                aria-label={t('doctors.editOf', { name: resource.name })}
                onClick={() => onEdit(resource)}
              >
                {t('doctors.edit')}
              </Button>
              <SwitchButton resource={resource} />
            </div>
          </td>
        </tr>
      ))}
    </ListTable>
  )
}
