import type { Booking } from '@holdfast/contract/client'
import { Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api.ts'
import { clinicKey } from '../../../lib/clinic-queries.ts'
import { ActionButton } from '../../../ui/action-button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { ErrorState } from '../../../ui/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

type EraseDialogProps = { booking: Booking; isOpen: boolean; onClose: () => void }

/** Erases the patient of a booking that is over, and with the checkbox, of all with the same e-mail address. */
export function EraseDialog({ booking, isOpen, onClose }: EraseDialogProps) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const [isForAll, setForAll] = useState(false)
  const { email } = booking.patient
  const erasure = useMutation({
    async mutationFn() {
      if (!isForAll || email === undefined) {
        await dataOf(api.erasePatient({ path: { bookingId: booking.id } }))
        return t('erase.done')
      }
      const { erased, notOver } = await dataOf(api.erasePatients({ path: { clinicId }, body: { email } }))
      const done = t('erase.doneAll', { count: erased })
      return notOver.count === 0 ? done : `${done} ${t('erase.notOver', { count: notOver.count })}`
    },
    onSuccess: (message) => {
      toastDone({ message })
      onClose()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t('erase.title')}>
      <Stack gap="md">
        <Text>{t('erase.text')}</Text>
        {email === undefined ? null : (
          <Checkbox
            label={t('erase.all', { contact: email })}
            checked={isForAll}
            onChange={({ currentTarget }) => setForAll(currentTarget.checked)}
          />
        )}
        {erasure.isError ? <ErrorState error={erasure.error} /> : null}
        <Group gap="sm">
          <ActionButton color="red" isBusy={erasure.isPending} onClick={() => erasure.mutate()}>
            {t('erase.submit')}
          </ActionButton>
          <Button variant="default" data-autofocus onClick={onClose}>
            {t('erase.back')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
