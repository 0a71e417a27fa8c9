import type { VisitResource } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { refusalCode } from '../../../lib/api/api-error.ts'
import { announce } from '../../../ui/announce.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { useShowError } from '../../../ui/use-show-error.ts'
import { useChangeVisitResource } from './use-save-visit-resource.ts'

/** Switches a room or device off or on. It asks first if appointments to come have it, which keep it. */
export function SwitchButton({ resource: { id, name, active } }: { resource: VisitResource }) {
  const { t } = useTranslation('admin')
  const showError = useShowError()
  const change = useChangeVisitResource(id)
  const isInUse = refusalCode(change.error) === 'visit_resource_in_use'
  // The row shows it, and its button undoes it.
  const onSuccess = (changed: VisitResource) =>
    announce(t(changed.active ? 'visitResources.switchedOn' : 'visitResources.switchedOff', { name }))
  const onError = (error: Error) => {
    if (refusalCode(error) === 'visit_resource_in_use') return
    showError(error)
  }
  const set = (withVisits: boolean) => change.mutate({ active: !active, withVisits }, { onSuccess, onError })
  return (
    <>
      <ActionButton
        size="sm"
        variant="default"
        isBusy={change.isPending}
        aria-label={t(active ? 'visitTypes.switchOffOf' : 'visitTypes.switchOnOf', { name })}
        onClick={() => set(false)}
      >
        {active ? t('visitTypes.switchOff') : t('visitTypes.switchOn')}
      </ActionButton>
      <ConfirmDialog
        title={t('visitResources.inUse', { name })}
        isOpen={isInUse}
        onClose={change.reset}
        confirm={t('visitTypes.switchOff')}
        isHarmless
        isBusy={change.isPending}
        onConfirm={() => set(true)}
      >
        <Text>{t('visitResources.inUseHelp')}</Text>
      </ConfirmDialog>
    </>
  )
}
