import type { CaseRequest } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { useCaseAction } from '../case/use-case-action.ts'

type WithdrawDialogProps = { request: CaseRequest; isOpen: boolean; onClose: () => void }

/** Asks first: a withdrawn request does not come back. */
export function WithdrawDialog({ request, isOpen, onClose }: WithdrawDialogProps) {
  const { t } = useTranslation(['theatre', 'shell'])
  const action = useCaseAction<unknown>()
  const requestId = request.id
  const name = request.procedure.display
  const patient = request.patient?.name ?? t('shell:erasedPatient')
  return (
    <ConfirmDialog
      title={t('requests.withdrawTitle')}
      isOpen={isOpen}
      onClose={onClose}
      confirm={t('requests.withdraw')}
      isBusy={action.isPending}
      onConfirm={() =>
        action.mutate({
          run: async () => {
            await dataOf(api.withdrawCaseRequest({ path: { requestId } }))
            onClose()
          },
          done: t('requests.withdrawn', { name }),
        })
      }
    >
      <Text>{t('requests.withdrawHelp', { name: isolated(name), patient: isolated(patient) })}</Text>
    </ConfirmDialog>
  )
}
