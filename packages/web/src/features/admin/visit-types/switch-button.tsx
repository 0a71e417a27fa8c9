import type { VisitType } from '@holdfast/contract/client'
import { Button, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { problemMessage } from '../../../lib/api/problem-message.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { useChangeVisitType } from './use-save-visit-type.ts'

/** Switches a visit type off or on; it can be undone. Bookings of it stay. */
export function SwitchButton({ visitType: { id, name, active } }: { visitType: VisitType }) {
  const { t } = useTranslation('admin')
  const { t: tProblem } = useTranslation('problems')
  const change = useChangeVisitType(id)
  const set = (isActive: boolean) => change.mutate({ active: isActive }, { onSuccess, onError })
  const onSuccess = (changed: VisitType) => {
    const message = (
      <Group justify="space-between">
        <span>{t(changed.active ? 'visitTypes.switchedOn' : 'visitTypes.switchedOff', { name })}</span>
        <Button size="compact-sm" variant="default" onClick={() => set(!changed.active)}>
          {t('undo')}
        </Button>
      </Group>
    )
    toastDone({ message })
  }
  const onError = (error: Error) => {
    const { title, help } = problemMessage(error, tProblem)
    toastFailed({ title, message: help })
  }
  return (
    <ActionButton
      size="sm"
      variant="default"
      isBusy={change.isPending}
      aria-label={t(active ? 'visitTypes.switchOffOf' : 'visitTypes.switchOnOf', { name })}
      onClick={() => set(!active)}
    >
      {active ? t('visitTypes.switchOff') : t('visitTypes.switchOn')}
    </ActionButton>
  )
}
