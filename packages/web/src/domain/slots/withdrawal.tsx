import type { Booking, WithdrawnSlots } from '@holdfast/contract/client'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { clinicKey } from '../../lib/clinic-queries.ts'
import { formatDayTime } from '../../lib/format.ts'
import { problemMessage } from '../../lib/problem-message.ts'
import { slotsKey } from '../../lib/slots-query.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { toastDone, toastFailed } from '../../ui/toast.ts'

type WithdrawalProps = {
  /** Identifies the withdrawal: each value has its own preview. */
  of: string
  doctorId: string
  clinicId: string
  timeZone: string
  /** Bookings from which patients' names are taken. */
  known: readonly Booking[]
  run: (how: { dryRun: boolean; withBookings: boolean }) => Promise<WithdrawnSlots>
  onDone: () => void
  onBack: () => void
}

/** A preview of the slots and bookings that a withdrawal affects, then the withdrawal. */
export function Withdrawal({ of, doctorId, clinicId, timeZone, known, run, onDone, onBack }: WithdrawalProps) {
  const { t } = useTranslation('schedule')
  const { t: tProblem } = useTranslation('problems')
  const queryClient = useQueryClient()
  const preview = useQuery({
    queryKey: [...clinicKey(clinicId), 'withdrawal', of],
    queryFn: () => run({ dryRun: true, withBookings: true }),
    staleTime: 0,
    gcTime: 0,
  })
  const withdrawal = useMutation({
    // If the preview showed no bookings, none may be affected: a new booking makes the server refuse the withdrawal.
    mutationFn: () => run({ dryRun: false, withBookings: (preview.data?.bookings.length ?? 0) > 0 }),
    onSuccess: ({ slots }) => {
      toastDone({ message: t('withdraw.done', { count: slots }) })
      onDone()
    },
    onError: (error) => {
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title, message: help })
    },
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      await queryClient.invalidateQueries({ queryKey: slotsKey(doctorId) })
    },
  })
  if (preview.isError) return <ErrorState error={preview.error} retry={() => void preview.refetch()} />
  if (preview.data === undefined) return <Text role="status">{t('withdraw.loading')}</Text>
  const { slots, bookings } = preview.data
  return (
    <Stack gap="md">
      <Text role="status">{t('withdraw.slots', { count: slots })}</Text>
      {bookings.length > 0 ? (
        <Alert
          color="red"
          variant="outline"
          icon={<Icon of={IconAlertTriangle} />}
          title={t('withdraw.affected', { count: bookings.length })}
        >
          <ul className={layoutClasses.scrollList}>
            {bookings.map(({ id, startsAt }) => (
              <li key={id}>
                {formatDayTime(startsAt, timeZone)} ·{' '}
                {known.find((one) => one.id === id)?.patient.name ?? t('withdraw.unknownPatient')}
              </li>
            ))}
          </ul>
          <Text size="sm" mt="xs">
            {t('withdraw.consequence')}
          </Text>
        </Alert>
      ) : slots > 0 ? (
        <Text c="dimmed">{t('withdraw.noBookings')}</Text>
      ) : null}
      <Group gap="sm">
        <Button color="red" disabled={slots === 0} loading={withdrawal.isPending} onClick={() => withdrawal.mutate()}>
          {t('withdraw.submit')}
        </Button>
        <Button variant="default" onClick={onBack}>
          {t('withdraw.back')}
        </Button>
      </Group>
    </Stack>
  )
}
