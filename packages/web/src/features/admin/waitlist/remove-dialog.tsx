import type { WaitlistEntry } from '@holdfast/contract/client'
import { Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api.ts'
import { clinicKey } from '../../../lib/clinic-queries.ts'
import { ActionButton } from '../../../ui/action-button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { ErrorState } from '../../../ui/error-state.tsx'
import { focusPageTitle } from '../../../ui/page-focus.ts'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

/** Asks first: the patient's place in the order is lost. */
export function RemoveDialog({ entry, onClose }: { entry: WaitlistEntry; onClose: () => void }) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const name = `\u2068${entry.patient.name}\u2069`
  const removing = useMutation({
    mutationFn: () => dataOf(api.leaveWaitlist({ path: { entryId: entry.id } })),
    onSuccess: async () => {
      onClose()
      // The row, whose button had the focus, is gone.
      focusPageTitle()
      toastDone({ message: t('clinic.removed', { name }) })
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
    },
  })
  return (
    <Dialog isOpen onClose={onClose} title={t('clinic.removeTitle')}>
      <Stack gap="md">
        <Text>{t('clinic.removeHelp', { name })}</Text>
        {removing.isError ? <ErrorState error={removing.error} /> : null}
        <Group gap="sm">
          <ActionButton color="red" isBusy={removing.isPending} onClick={() => removing.mutate()}>
            {t('clinic.remove')}
          </ActionButton>
          <ActionButton variant="default" disabled={removing.isPending} onClick={onClose}>
            {t('leave.back')}
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  )
}
