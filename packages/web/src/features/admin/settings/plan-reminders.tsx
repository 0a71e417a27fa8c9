import { Group, Paper, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'

/**
 * Plans the reminders that bookings to come do not have, step by step, or counts these bookings (`dryRun`). Repeated
 * after a failure, it plans nothing twice.
 */
export async function planReminders(clinicId: string, dryRun: boolean): Promise<number> {
  let bookings = 0
  let cursor: string | null = null
  do {
    const body: { dryRun: boolean; cursor?: string } = { dryRun, ...(cursor === null ? {} : { cursor }) }
    const done = await dataOf(api.planReminders({ path: { clinicId }, body }))
    bookings += done.bookings
    cursor = done.nextCursor
  } while (cursor !== null)
  return bookings
}

type PlanRemindersProps = {
  clinicId: string
  /** How many appointments have none. */
  count: number
  onDone: () => void
}

/** Asks whether appointments that are booked already get the reminders that are new. */
export function PlanReminders({ clinicId, count, onDone }: PlanRemindersProps) {
  const { t } = useTranslation('admin')
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => ref.current?.focus(), [])
  const planning = useMutation({
    mutationFn: () => planReminders(clinicId, false),
    onSuccess: () => {
      toastDone({ message: t('messages.settings.plan.done') })
      onDone()
    },
  })
  return (
    <Paper ref={ref} tabIndex={-1} withBorder role="group" aria-labelledby="plan-reminders" radius="lg" p="md">
      <Text id="plan-reminders">{t('messages.settings.plan.question', { count, shown: formatNumber(count) })}</Text>
      {planning.isError ? <ErrorState error={planning.error} /> : null}
      <Group mt="md" gap="sm">
        <ActionButton isBusy={planning.isPending} onClick={() => planning.mutate()}>
          {t('messages.settings.plan.plan')}
        </ActionButton>
        <ActionButton variant="default" disabled={planning.isPending} onClick={onDone}>
          {t('messages.settings.plan.leave')}
        </ActionButton>
      </Group>
    </Paper>
  )
}
