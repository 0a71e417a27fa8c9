import type { WaitlistEntry } from '@holdfast/contract/client'
import { isEmailAddress } from '@holdfast/vocabulary'
import { Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMarkRefused } from '../../../domain/contacts/use-mark-refused.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { refusalCode, refusedContact } from '../../../lib/api/api-error.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useContactRules } from '../shared/patient/contact-fields.tsx'
import { CorrectionForm } from '../shared/patient/correction-form.tsx'
import { type Contact, isOtherAddress, patientCorrection } from '../shared/patient/patient-correction.ts'
import { useClinic } from '../use-clinic.ts'

type CorrectEntryDialogProps = { entry: WaitlistEntry; onClose: () => void }

/** Corrects who waits: the name, the contacts and the language of messages. */
export function CorrectEntryDialog({ entry, onClose }: CorrectEntryDialogProps) {
  const { t } = useTranslation('admin')
  return (
    <Dialog isForm isOpen onClose={onClose} title={t('correct.title')}>
      <CorrectEntryForm entry={entry} onClose={onClose} />
    </Dialog>
  )
}

function CorrectEntryForm({ entry, onClose }: CorrectEntryDialogProps) {
  const { t } = useTranslation(['admin', 'waitlist'])
  const { clinicId, clinic } = useClinic()
  const queryClient = useQueryClient()
  const { name, phone = '', email = '', language = '' } = entry.patient
  const form = useForm<Contact>({ initialValues: { name, phone, email, language }, validate: useContactRules() })
  const markRefused = useMarkRefused(form)
  const before = form.getInitialValues()
  const draft = form.getValues()
  const isOther = isOtherAddress(before, draft)
  const correction = useMutation({
    mutationFn: (to: Contact) => {
      const body = { patient: patientCorrection(before, to) }
      return dataOf(api.correctWaitlistEntry({ path: { entryId: entry.id }, body }))
    },
    onSuccess: () => {
      toastDone({ message: t('correct.done') })
      onClose()
    },
    onError: markRefused,
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  return (
    <CorrectionForm
      form={form}
      notes={[
        isOther && before.email !== '' ? t('correct.formerAddress') : '',
        isOther && clinic.sendsEmails && isEmailAddress(draft.email.trim()) ? t('waitlist:clinic.newAddress') : '',
      ]}
      isBusy={correction.isPending}
      onSubmit={(to) => correction.mutate(to)}
      onLeave={onClose}
    >
      {correction.isError && refusedContact(correction.error) === null ? (
        refusalCode(correction.error) === 'already_waiting' ? (
          <Text role="alert">{t('waitlist:clinic.alreadyWaiting.title', { name: isolated(draft.name.trim()) })}</Text>
        ) : (
          <ErrorState error={correction.error} />
        )
      ) : null}
    </CorrectionForm>
  )
}
