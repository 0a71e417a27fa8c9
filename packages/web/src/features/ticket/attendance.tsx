import type { Booking } from '@holdfast/contract/client'
import { Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { AttendanceConfirmed } from '../../domain/bookings/attendance-confirmed.tsx'
import { canAttend } from '../../domain/bookings/offered-actions.ts'
import type { Attending } from '../../domain/bookings/use-attending.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import classes from './ticket.module.css'

type AttendanceProps = {
  booking: Booking
  attending: Attending
  /** Opened by the link of a reminder. */
  isAsked: boolean
  isOffline: boolean
  onCancel: () => void
}

/** Above a ticket: whether the patient comes. Opening the link of a reminder changes nothing, only the button does. */
export function Attendance({ booking, attending, isAsked, isOffline, onCancel }: AttendanceProps) {
  const { t } = useTranslation('ticket')
  if (booking.status === 'CONFIRMED' && booking.attendanceConfirmedAt) {
    return <AttendanceConfirmed isFocused={attending.isSuccess} />
  }
  const error = attending.isError ? <ErrorState error={attending.error} /> : null
  if (!isAsked || isOffline || !canAttend(booking, serverNow())) return error
  return (
    <Paper
      component="section"
      className={`${classes.question} no-print`}
      aria-labelledby="attendance-title"
      withBorder
      p={{ base: 'md', sm: 'xl' }}
      radius="lg"
    >
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="attendance-title">
            {t('attend.title')}
          </Title>
          <Text>{t('attend.help')}</Text>
        </div>
        {error}
        <Group gap="sm">
          <ActionButton size="md" isBusy={attending.isPending} onClick={() => attending.mutate(booking)}>
            {t('attend.button')}
          </ActionButton>
          <ActionButton size="md" variant="default" disabled={attending.isPending} onClick={onCancel}>
            {t('cancel.start')}
          </ActionButton>
        </Group>
      </Stack>
    </Paper>
  )
}
