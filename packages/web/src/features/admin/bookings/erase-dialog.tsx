import type { Booking } from '@holdfast/contract/client'
import { addDays } from '@holdfast/vocabulary'
import { Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { searchedFor } from '../../../lib/searched-text.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useClinic } from '../use-clinic.ts'

type EraseDialogProps = { booking: Booking; isOpen: boolean; onClose: () => void }

/**
 * `email` and `left`: that of a request for all bookings, and how many of them are not over and keep their data.
 * `hasRecordsLeft`: so do records of patients.
 */
type Erased = { erased: number; left: number; hasRecordsLeft: boolean; guardianOf: number; email: string | null }

/**
 * Erases the patient of a booking that is over, and with the checkbox, of all with the same e-mail address. The result
 * stays until the dialog is closed: the booking behind it has no address any more.
 */
export function EraseDialog({ booking, isOpen, onClose }: EraseDialogProps) {
  const { t } = useTranslation('admin')
  const [result, setResult] = useState<Erased | null>(null)
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t(result === null ? 'erase.title' : 'erase.resultTitle')}>
      {result === null ? (
        <Question booking={booking} onErased={setResult} onClose={onClose} />
      ) : (
        <Result result={result} onClose={onClose} />
      )}
    </Dialog>
  )
}

type QuestionProps = { booking: Booking; onErased: (result: Erased) => void; onClose: () => void }

function Question({ booking, onErased, onClose }: QuestionProps) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const [isForAll, setForAll] = useState(false)
  // Repeated after a lost response, it says how many were erased.
  const requestKeys = useRequestKeys()
  const { email } = booking.patient
  const erasure = useMutation({
    async mutationFn(): Promise<Erased> {
      if (!isForAll || email === undefined) {
        await dataOf(api.erasePatient({ path: { bookingId: booking.id } }))
        return { erased: 1, left: 0, hasRecordsLeft: false, guardianOf: 0, email: null }
      }
      const request = { path: { clinicId }, body: { email }, headers: requestKeys.headersFor({ clinicId, email }) }
      const { erased, notOver, recordsLeft, guardianOf } = await dataOf(api.erasePatients(request))
      return { erased, left: notOver.count, hasRecordsLeft: recordsLeft.count > 0, guardianOf, email }
    },
    onSuccess: onErased,
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  return (
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
  )
}

/** How far ahead the list of bookings reaches. */
const daysAhead = 365

function Result({ result, onClose }: { result: Erased; onClose: () => void }) {
  const { erased, left, hasRecordsLeft, guardianOf, email } = result
  const { t } = useTranslation(['admin', 'shell'])
  const { clinicId, today } = useClinic()
  return (
    <Stack gap="md">
      <Text role="status">{email === null ? t('erase.done') : t('erase.doneAll', { count: erased })}</Text>
      {left === 0 ? null : <Text>{t('erase.notOver', { count: left })}</Text>}
      {guardianOf === 0 ? null : <Text>{t('erase.guardianOf', { count: guardianOf })}</Text>}
      {hasRecordsLeft ? <Text>{t('erase.recordsLeft')}</Text> : null}
      <Group gap="sm">
        {left === 0 || email === null ? null : (
          <LinkButton
            variant="default"
            to="/clinic/$clinicId/bookings"
            params={{ clinicId }}
            search={{ from: today, to: addDays(today, daysAhead), unconfirmed: true }}
            state={searchedFor(email)}
          >
            {t('erase.showLeft')}
          </LinkButton>
        )}
        <Button onClick={onClose}>{t('shell:close')}</Button>
      </Group>
    </Stack>
  )
}
