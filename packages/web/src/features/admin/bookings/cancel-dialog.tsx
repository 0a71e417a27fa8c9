import type { Booking } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isRequest } from '../../../domain/bookings/offered-actions.ts'
import { PatientName } from '../../../domain/bookings/patient-name.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatAppointment } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { announce } from '../../../ui/announce.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { endMessage } from '../shared/booking/message-channel.ts'
import { useClinic } from '../use-clinic.ts'

type CancelDialogProps = { booking: Booking; isOpen: boolean; onClose: () => void }

/** Cancels a booking, or declines a request, with an optional reason. It cannot be undone. */
export function CancelDialog({ booking, isOpen, onClose }: CancelDialogProps) {
  const { t } = useTranslation('admin')
  const { clinicId, clinic, timeZone } = useClinic()
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const [isDeclined] = useState(() => isRequest(booking))
  const cancellation = useMutation({
    mutationFn: () => {
      const request = {
        path: { bookingId: booking.id },
        body: reason.trim() === '' ? {} : { reason: reason.trim() },
      }
      // Not what somebody else has approved in the meantime.
      return dataOf(isDeclined ? api.declineBooking(request) : api.cancelBooking(request))
    },
    onSuccess: () => {
      // The page shows the status: a toast would cover the next step.
      announce(t(isDeclined ? 'requests.done' : 'cancel.done', { name: booking.patient.name }))
      onClose()
      focusPageTitle()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  const message = endMessage(booking, clinic, { isDeclined, now: serverNow() })
  return (
    <Dialog isForm isOpen={isOpen} onClose={onClose} title={t(isDeclined ? 'requests.title' : 'cancel.title')}>
      <Stack gap="md">
        <Text>
          <PatientName of={booking} />, {formatAppointment(booking.startsAt, booking.endsAt, timeZone)}
        </Text>
        <Text>
          {t(`cancel.message.${message}`, {
            email: booking.patient.email ?? '',
            phone: isolated(booking.patient.phone ?? ''),
          })}
        </Text>
        <Textarea
          label={t('cancel.reason')}
          description={t('cancel.reasonHelp')}
          maxLength={lengths.reason}
          autosize
          minRows={2}
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        {cancellation.isError ? <ErrorState error={cancellation.error} /> : null}
        <Group gap="sm">
          <ActionButton color="red" isBusy={cancellation.isPending} onClick={() => cancellation.mutate()}>
            {t(isDeclined ? 'requests.submit' : 'cancel.submit')}
          </ActionButton>
          <Button variant="default" onClick={onClose}>
            {t(isDeclined ? 'requests.back' : 'cancel.back')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
