import type { Booking, Doctor } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Group, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatAppointment } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { showPageTitle } from '../../ui/focus/page-focus.ts'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { isRequest } from './offered-actions.ts'
import type { TicketLink } from './ticket-link.ts'
import { useBookingChanges } from './use-booking-changes.ts'

/** `doctor`: undefined until it is read. */
type CancelProps = {
  link: TicketLink
  booking: Booking
  doctor: Doctor | undefined
  timeZone: string
  isOpen: boolean
  onClose: () => void
  /** Called after the cancellation, to say so; the page's title has the focus then. */
  onCancelled?: () => void
}

/** Asks for confirmation, because somebody else may take the slot a moment later. */
export function CancelBooking({ link, booking, doctor, timeZone, isOpen, onClose, onCancelled }: CancelProps) {
  const { t } = useTranslation('ticket')
  const { cancel } = useBookingChanges(link)
  const [reason, setReason] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const isWithdrawn = isRequest(booking)
  const when = formatAppointment(booking.startsAt, booking.endsAt, timeZone)
  const submit = async () => {
    setBusy(true)
    setError(null)
    try {
      await cancel(reason)
      onClose()
      showPageTitle()
      onCancelled?.()
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog isForm title={t(isWithdrawn ? 'request.withdrawTitle' : 'cancel.title')} isOpen={isOpen} onClose={onClose}>
      <Stack gap="md">
        <Text fw={600} dir="auto">
          {[when, doctor?.name, booking.patient.name].filter(Boolean).join(' · ')}
        </Text>
        <Text>{t('cancel.help')}</Text>
        <Textarea
          label={t('cancel.reason')}
          maxLength={lengths.reason}
          autosize
          minRows={2}
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        {error === null ? null : <ErrorState error={error} />}
        <Group gap="sm">
          <ActionButton color="red" isBusy={isBusy} onClick={submit}>
            {t(isWithdrawn ? 'request.withdraw' : 'cancel.confirm')}
          </ActionButton>
          <ActionButton variant="default" onClick={onClose} disabled={isBusy}>
            {t(isWithdrawn ? 'request.withdrawBack' : 'cancel.back')}
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  )
}
