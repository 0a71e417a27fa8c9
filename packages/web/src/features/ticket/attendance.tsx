import type { Booking } from '@holdfast/contract/client'
import { Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { canAttend } from '../../domain/bookings/offered-actions.ts'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useBookingActions } from '../../domain/bookings/use-booking-changes.ts'
import { bookingQuery } from '../../lib/booking-query.ts'
import { serverNow } from '../../lib/server-clock.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import classes from './ticket.module.css'

export type Attending = ReturnType<typeof useAttending>

/** Confirms that the patient comes. It is said of the slot that the page shows. */
export function useAttending(link: TicketLink) {
  const { attend } = useBookingActions(link)
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ slotId }: Booking) => attend(slotId),
    // It may have been moved or cancelled meanwhile.
    onError: () =>
      void queryClient.invalidateQueries({ queryKey: bookingQuery(link.bookingId, link.manageToken).queryKey }),
  })
}

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
    return <Confirmed isFocused={attending.isSuccess} />
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

/** @param isFocused whether it gets the focus, because it replaces the button that was pressed */
function Confirmed({ isFocused }: { isFocused: boolean }) {
  const { t } = useTranslation('ticket')
  const ref = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (isFocused) ref.current?.focus()
  }, [isFocused])
  return (
    <Text ref={ref} tabIndex={-1} className={classes.linked} fw={600}>
      <Icon of={IconCheck} size={18} />
      <span>{t('attend.done')}</span>
    </Text>
  )
}
