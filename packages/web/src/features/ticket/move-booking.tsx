import type { Booking, Clinic, Slot } from '@holdfast/contract/client'
import { Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useBookingActions } from '../../domain/bookings/use-booking-changes.ts'
import { localDate } from '../../domain/free-times/week-days.ts'
import { WeekOfTimes } from '../../domain/free-times/week-of-times.tsx'
import { formatDay, formatTime } from '../../lib/format.ts'
import { problemMessage } from '../../lib/problem-message.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { FocusedTitle } from '../../ui/focused-title.tsx'
import { toastDone, toastFailed } from '../../ui/toast.ts'

type MoveProps = { booking: Booking; clinic: Clinic; link: TicketLink; onDone: () => void }

/** Moves a booking atomically to another slot of the same doctor. */
export function MoveBooking({ booking, clinic, link, onDone }: MoveProps) {
  const { t } = useTranslation(['ticket', 'problems'])
  const { t: tProblem } = useTranslation('problems')
  const { move } = useBookingActions(link)
  const [from, setFrom] = useState(() => localDate(booking.startsAt, clinic.timezone))
  const [chosen, setChosen] = useState<Slot | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  useFocusOnSlots()
  const describe = (startsAt: string) =>
    `${formatDay(startsAt, clinic.timezone)}, ${formatTime(startsAt, clinic.timezone)}`

  const undo = async (slotId: string) => {
    try {
      const back = await move(slotId)
      toastDone({ id: 'moved-back', message: t('move.undone', { when: describe(back.startsAt) }) })
    } catch (refusal) {
      toastFailed({ message: problemMessage(refusal, tProblem).title })
    }
  }
  const submit = async (slot: Slot) => {
    setBusy(true)
    setError(null)
    try {
      const before = booking.slotId
      const moved = await move(slot.id)
      toastDone({
        message: (
          <Group justify="space-between" gap="sm">
            {t('move.done', { when: describe(moved.startsAt) })}
            <Button size="compact-sm" variant="default" onClick={() => undo(before)}>
              {t('move.undo')}
            </Button>
          </Group>
        ),
      })
      onDone()
    } catch (refusal) {
      setError(refusal)
      setChosen(null)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Stack gap="lg" mt="xl">
      {error === null ? null : <ErrorState error={error} />}
      {chosen === null ? (
        <WeekOfTimes
          doctorId={booking.doctorId}
          clinic={clinic}
          from={from}
          onFrom={setFrom}
          onChoose={setChosen}
          exceptSlotId={booking.slotId}
        />
      ) : (
        <Confirmation
          text={t('move.help', { before: describe(booking.startsAt), after: describe(chosen.startsAt) })}
          isBusy={isBusy}
          onConfirm={() => submit(chosen)}
          onBack={() => setChosen(null)}
        />
      )}
    </Stack>
  )
}

/** Moves the focus to the slots and scrolls to them: they are below the ticket. */
function useFocusOnSlots() {
  useEffect(() => {
    const title = document.getElementById('times-title')
    title?.focus({ preventScroll: true })
    title?.scrollIntoView({ block: 'start' })
  }, [])
}

type ConfirmationProps = { text: string; isBusy: boolean; onConfirm: () => void; onBack: () => void }

function Confirmation({ text, isBusy, onConfirm, onBack }: ConfirmationProps) {
  const { t } = useTranslation('ticket')
  return (
    <Paper withBorder p="xl" radius="lg" maw="44rem">
      <Stack gap="md">
        <FocusedTitle id="move-title">{t('move.title')}</FocusedTitle>
        <Text>{text}</Text>
        <Group gap="sm">
          <ActionButton isBusy={isBusy} onClick={onConfirm}>
            {t('move.confirm')}
          </ActionButton>
          <ActionButton variant="default" disabled={isBusy} onClick={onBack}>
            {t('move.other')}
          </ActionButton>
        </Group>
      </Stack>
    </Paper>
  )
}
