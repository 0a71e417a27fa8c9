import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useClinic } from '../use-clinic.ts'
import { Due } from './due.tsx'
import { retentionQuery } from './retention-queries.ts'

type ConfirmPeriodProps = {
  /** Which texts: of messages after days, or of patients after months. */
  of: 'privacy' | 'retention'
  count: number
  isBusy: boolean
  onBack: () => void
  onConfirm: () => void
}

/** What will be deleted after a shorter period, and until when that can be undone. */
export function ConfirmPeriod({ of, count, isBusy, onBack, onConfirm }: ConfirmPeriodProps) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const retention = useQuery(retentionQuery(clinicId, of === 'privacy' ? { messageDays: count } : { months: count }))
  return (
    <Stack gap="md">
      <Text>{t(`${of}.confirm.text`, { count })}</Text>
      {retention.isError ? (
        <ErrorState error={retention.error} retry={() => void retention.refetch()} />
      ) : retention.data === undefined ? (
        <Text role="status">{t(`${of}.confirm.loading`)}</Text>
      ) : of === 'privacy' ? (
        <Due of="messages" due={retention.data.messagesDue} />
      ) : (
        <Due of="bookings" due={retention.data.due} />
      )}
      {of === 'privacy' ? null : <Text>{t('retention.confirm.back')}</Text>}
      <Group gap="sm">
        <ActionButton color="red" disabled={retention.data === undefined} isBusy={isBusy} onClick={onConfirm}>
          {t(`${of}.confirm.submit`)}
        </ActionButton>
        <Button variant="default" data-autofocus onClick={onBack}>
          {t(`${of}.confirm.keep`)}
        </Button>
      </Group>
    </Stack>
  )
}
