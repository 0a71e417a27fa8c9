import type { VisitType } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { announce } from '../../../ui/announce.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { useShowError } from '../../../ui/use-show-error.ts'
import { useChangeVisitType } from './use-save-visit-type.ts'

/** Switches a visit type off or on; it can be undone. Bookings of it stay. */
export function SwitchButton({ visitType: { id, name, active } }: { visitType: VisitType }) {
  const { t } = useTranslation('admin')
  const showError = useShowError()
  const change = useChangeVisitType(id)
  // The row shows it, and its button undoes it.
  const onSuccess = (changed: VisitType) =>
    announce(t(changed.active ? 'visitTypes.switchedOn' : 'visitTypes.switchedOff', { name }))
  return (
    <ActionButton
      size="sm"
      variant="default"
      isBusy={change.isPending}
      aria-label={t(active ? 'visitTypes.switchOffOf' : 'visitTypes.switchOnOf', { name })}
      onClick={() => change.mutate({ active: !active }, { onSuccess, onError: showError })}
    >
      {active ? t('visitTypes.switchOff') : t('visitTypes.switchOn')}
    </ActionButton>
  )
}
