import { Group, Paper, Text } from '@mantine/core'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'

/** Counting the bookings without reminders reads up to 500 bookings in a step, and stops after these. */
const countedStepsMax = 10

/**
 * How many bookings to come do not have the reminders of the settings. It is read again whenever the settings are
 * shown.
 *
 * `isMore`: not all bookings were read.
 */
export function missingRemindersQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'missing-reminders'],
    queryFn: () => planReminders(clinicId, true, countedStepsMax),
    refetchOnWindowFocus: false,
  })
}

/** Plans these reminders, or counts the bookings (`dryRun`). Repeated after a failure, it plans nothing twice. */
async function planReminders(clinicId: string, dryRun: boolean, stepsMax = Number.POSITIVE_INFINITY) {
  let bookings = 0
  let cursor: string | null = null
  let steps = 0
  do {
    const body: { cursor?: string } = cursor === null ? {} : { cursor }
    const done = await dataOf(api.planReminders({ path: { clinicId }, query: { dryRun }, body }))
    bookings += done.bookings
    cursor = done.nextCursor
    steps += 1
  } while (cursor !== null && steps < stepsMax)
  return { bookings, isMore: cursor !== null }
}

type PlanRemindersProps = {
  clinicId: string
  /** How many appointments have none, and whether there may be more. */
  count: number
  isMore: boolean
  /** It follows a change, and gets the focus. */
  isAsked: boolean
  onLeave: () => void
}

/** Asks whether appointments that are booked already get the reminders that they do not have. */
export function PlanReminders({ clinicId, count, isMore, isAsked, onLeave }: PlanRemindersProps) {
  const { t } = useTranslation('admin')
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isAsked) ref.current?.focus()
  }, [isAsked])
  const queryClient = useQueryClient()
  const planning = useMutation({
    mutationFn: () => planReminders(clinicId, false),
    onSuccess: () => {
      toastDone({ message: t('messages.settings.plan.done') })
      queryClient.setQueryData(missingRemindersQuery(clinicId).queryKey, { bookings: 0, isMore: false })
    },
  })
  const counted = { count, shown: formatNumber(count) }
  return (
    <Paper ref={ref} tabIndex={-1} withBorder role="group" aria-labelledby="plan-reminders" radius="lg" p="md">
      <Text id="plan-reminders">
        {isMore ? t('messages.settings.plan.questionMore', counted) : t('messages.settings.plan.question', counted)}
      </Text>
      {planning.isError ? <ErrorState error={planning.error} /> : null}
      <Group mt="md" gap="sm">
        <ActionButton isBusy={planning.isPending} onClick={() => planning.mutate()}>
          {t('messages.settings.plan.plan')}
        </ActionButton>
        <ActionButton variant="default" disabled={planning.isPending} onClick={onLeave}>
          {t('messages.settings.plan.leave')}
        </ActionButton>
      </Group>
    </Paper>
  )
}
