import type { WaitlistEntry } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

/** Asks first: the patient's place in the order is lost. */
export function RemoveDialog({ entry, onClose }: { entry: WaitlistEntry; onClose: () => void }) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const name = isolated(entry.patient.name)
  const removing = useMutation({
    mutationFn: () => dataOf(api.leaveWaitlist({ path: { entryId: entry.id } })),
    onSuccess: async () => {
      onClose()
      toastDone({ message: t('clinic.removed', { name }) })
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
    },
  })
  return (
    <ConfirmDialog
      title={t('clinic.removeTitle')}
      isOpen
      onClose={onClose}
      confirm={t('clinic.remove')}
      onConfirm={() => removing.mutate()}
      back={t('clinic.removeBack')}
      isBusy={removing.isPending}
      error={removing.error}
    >
      <Text>{t('clinic.removeHelp', { name })}</Text>
    </ConfirmDialog>
  )
}
