import type { Booking, PatientRecord } from '@holdfast/contract/client'
import { Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { ChooseRecord } from '../shared/patient/choose-record.tsx'
import { useClinic } from '../use-clinic.ts'

type LinkPatientDialogProps = { booking: Booking; isOpen: boolean; onClose: () => void }

/** Looks for the record of a booking's patient, beginning with their name; or leads to a new one. */
export function LinkPatientDialog({ booking, isOpen, onClose }: LinkPatientDialogProps) {
  const { t } = useTranslation('patients')
  return (
    <Dialog isOpen={isOpen} onClose={onClose} size="lg" title={t('link.dialog')}>
      <ChoosePatient booking={booking} onClose={onClose} />
    </Dialog>
  )
}

function ChoosePatient({ booking, onClose }: Omit<LinkPatientDialogProps, 'isOpen'>) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const linking = useMutation({
    mutationFn: ({ id: patientId }: PatientRecord) =>
      dataOf(api.linkBookingToPatient({ path: { clinicId, bookingId: booking.id }, body: { patientId } })),
    onSuccess: (_, { name }) => {
      toastDone({ message: t('link.done', { name: isolated(name) }) })
      onClose()
      focusPageTitle()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  return (
    <Stack gap="md">
      <Text>{t('link.help')}</Text>
      <ChooseRecord
        name={booking.patient.name}
        none={t('link.notFound')}
        buttonOf={(record) => (
          <ActionButton
            variant="default"
            size="sm"
            aria-label={t('link.chooseName', { name: isolated(record.name) })}
            isBusy={linking.isPending && linking.variables.id === record.id}
            onClick={() => linking.mutate(record)}
          >
            {t('link.choose')}
          </ActionButton>
        )}
      >
        {linking.isError ? <ErrorState error={linking.error} /> : null}
      </ChooseRecord>
      <Group>
        <LinkButton
          variant="default"
          size="sm"
          to="/clinic/$clinicId/patients/new"
          params={{ clinicId }}
          search={{ forBooking: booking.id }}
        >
          {t('link.new')}
        </LinkButton>
      </Group>
    </Stack>
  )
}
