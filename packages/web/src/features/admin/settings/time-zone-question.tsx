import { slotsToComeMax } from '@holdfast/vocabulary'
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../../../lib/api/api-error.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'

type TimeZoneQuestionProps = {
  refusal: RefusedError
  /** The new one. */
  timeZone: string
  onConfirm: () => void
  onClose: () => void
}

/** Whether the time zone was not changed because slots are not over: the site asks whether to go on. */
export function isTimeZoneInUse(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.problem.code === 'time_zone_in_use'
}

/** Says how many slots get another local time, and asks whether to change the time zone all the same. */
export function TimeZoneQuestion({ refusal, timeZone, onConfirm, onClose }: TimeZoneQuestionProps) {
  const { t } = useTranslation('admin')
  const { slots = 0, takenSlots = 0 } = refusal.problem
  const counts = { slots: formatNumber(slots), taken: formatNumber(takenSlots) }
  return (
    <ConfirmDialog
      title={t('settings.timeZone.title')}
      isOpen
      onClose={onClose}
      confirm={t('settings.timeZone.confirm')}
      onConfirm={onConfirm}
      back={t('settings.timeZone.keep')}
    >
      <Text fw={600}>
        {slots < slotsToComeMax ? t('settings.timeZone.text', counts) : t('settings.timeZone.textMany', counts)}
      </Text>
      <Text>{t('settings.timeZone.follows', { zone: isolated(timeZone) })}</Text>
    </ConfirmDialog>
  )
}
