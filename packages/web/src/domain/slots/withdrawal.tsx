import type { Booking, WithdrawnSlots } from '@holdfast/contract/client'
import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconPrinter } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { clinicKey } from '../../lib/clinic-queries.ts'
import { formatDayTime } from '../../lib/format.ts'
import { problemMessage } from '../../lib/problem-message.ts'
import { slotsKey } from '../../lib/slots-query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import { Icon } from '../../ui/icon.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { toastDone, toastFailed } from '../../ui/toast.ts'
import { PatientName } from '../bookings/patient-name.tsx'

type WithdrawalProps = {
  /** Identifies the withdrawal: each value has its own preview. */
  of: string
  doctorId: string
  clinicId: string
  timeZone: string
  /** Bookings from which patients' names and contacts are taken. */
  known: readonly Booking[]
  /** Renders a link for moving one of these bookings. */
  moveOf?: ((booking: Booking) => ReactNode) | undefined
  run: (how: { dryRun: boolean; withBookings: boolean }) => Promise<WithdrawnSlots>
  onDone: () => void
  onBack: () => void
}

/** A preview of the slots and bookings that a withdrawal affects, then the withdrawal. */
export function Withdrawal(props: WithdrawalProps) {
  const { of, doctorId, clinicId, timeZone, known, moveOf, run, onDone, onBack } = props
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
      <FocusedTitle id="withdrawal" order={3}>
        {t('withdraw.slots', { count: slots })}
      </FocusedTitle>
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
                <Affected booking={known.find((one) => one.id === id)} moveOf={moveOf} />
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
      <Group gap="sm" className="no-print">
        <ActionButton
          color="red"
          disabled={slots === 0}
          isBusy={withdrawal.isPending}
          onClick={() => withdrawal.mutate()}
        >
          {bookings.length === 0
            ? t('withdraw.submitSlots', { count: slots })
            : t('withdraw.submitBoth', {
                slots: t('withdraw.submitSlots', { count: slots }),
                bookings: t('withdraw.bookings', { count: bookings.length }),
              })}
        </ActionButton>
        <Button variant="default" onClick={onBack}>
          {t('withdraw.back')}
        </Button>
        {bookings.length > 0 ? (
          <Button variant="default" leftSection={<Icon of={IconPrinter} size={18} />} onClick={() => window.print()}>
            {t('withdraw.print')}
          </Button>
        ) : null}
      </Group>
    </Stack>
  )
}

type AffectedProps = { booking: Booking | undefined; moveOf: WithdrawalProps['moveOf'] }

/** A patient who would lose the appointment: whom to call, or what to move. */
function Affected({ booking, moveOf }: AffectedProps) {
  const { t } = useTranslation('schedule')
  if (booking === undefined) return t('withdraw.unknownPatient')
  const { phone, email } = booking.patient
  return (
    <>
      <PatientName of={booking} />
      {phone === undefined ? null : (
        <>
          {' · '}
          <Anchor href={`tel:${phone.replaceAll(/[^\d+]/g, '')}`} dir="ltr">
            {phone}
          </Anchor>
        </>
      )}
      {email === undefined ? null : (
        <>
          {' · '}
          <Anchor href={`mailto:${encodeURIComponent(email).replaceAll('%40', '@')}`} dir="ltr">
            {email}
          </Anchor>
        </>
      )}
      {moveOf === undefined ? null : <span className="no-print"> · {moveOf(booking)}</span>}
    </>
  )
}
