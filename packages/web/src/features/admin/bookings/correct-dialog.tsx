import type { Booking } from '@holdfast/contract/client'
import { isEmailAddress, lengths } from '@holdfast/vocabulary'
import { Textarea } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { isRequest } from '../../../domain/bookings/offered-actions.ts'
import { useMarkRefused } from '../../../domain/contacts/use-mark-refused.ts'
import { isOverlap, LazyOverlapQuestion } from '../../../domain/overlap/lazy-overlap-question.tsx'
import { refuseOverlap } from '../../../domain/overlap/refuse-overlap.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { refusedContact } from '../../../lib/api/api-error.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useContactRules } from '../shared/patient/contact-fields.tsx'
import { CorrectionForm } from '../shared/patient/correction-form.tsx'
import { type Contact, isOtherAddress, patientCorrection } from '../shared/patient/patient-correction.ts'
import { useClinic } from '../use-clinic.ts'

type CorrectDialogProps = { booking: Booking; isOpen: boolean; onClose: () => void }
type Draft = Contact & { reason: string }

/** A hold gets its patient when it is confirmed. */
export function canBeCorrected(booking: Booking): boolean {
  const { status, failureReason, erasedAt } = booking
  return (status !== 'PENDING' || isRequest(booking)) && failureReason !== 'hold_expired' && erasedAt === null
}

function draftOf({ patient, reason }: Booking): Draft {
  const { name, phone = '', email = '', language = '' } = patient
  return { name, phone, email, language, reason: reason ?? '' }
}

/**
 * Corrects what a booking says of its patient. Only the fields that were changed here are sent, so that what somebody
 * else corrects meanwhile stays.
 */
export function CorrectDialog({ booking, isOpen, onClose }: CorrectDialogProps) {
  const { t } = useTranslation('admin')
  return (
    <Dialog isForm isOpen={isOpen} onClose={onClose} title={t('correct.title')}>
      <CorrectForm booking={booking} onClose={onClose} />
    </Dialog>
  )
}

function CorrectForm({ booking, onClose }: Pick<CorrectDialogProps, 'booking' | 'onClose'>) {
  const { t } = useTranslation('admin')
  const { clinic } = useClinic()
  const form = useDraft(booking)
  const correction = useCorrect(booking, form, onClose)
  const { email, phone } = form.getValues()
  const former = form.getInitialValues()
  const hasOtherAddress = isOtherAddress(former, form.getValues())
  const isOtherPhone = digitsOf(phone) !== digitsOf(former.phone)
  const hasFormer = hasOtherAddress && former.email !== ''
  const hasFormerPhone = isOtherPhone && former.phone !== ''
  const isSent =
    hasOtherAddress &&
    isEmailAddress(email.trim()) &&
    clinic.sendsEmails &&
    booking.status === 'CONFIRMED' &&
    Date.parse(booking.startsAt) > serverNow()
  return (
    <CorrectionForm
      form={form}
      notes={[
        hasFormer ? t('correct.formerAddress') : '',
        hasFormerPhone ? t('correct.formerPhone') : '',
        isSent ? t('correct.newAddress') : '',
      ]}
      isBusy={correction.isPending}
      onSubmit={(draft) => correction.mutate({ draft, mayOverlap: false })}
      onLeave={onClose}
    >
      <Textarea
        label={t('field.reason')}
        maxLength={lengths.reason}
        autosize
        minRows={2}
        {...form.getInputProps('reason')}
      />
      {correction.isError && refusedContact(correction.error) === null && !isOverlap(correction.error) ? (
        <ErrorState error={correction.error} />
      ) : null}
      {/* Another patient is asked about anew. */}
      {isOverlap(correction.error) && correction.variables?.draft === form.getValues() ? (
        <LazyOverlapQuestion
          error={correction.error}
          asked="desk"
          what="correct"
          timeZone={clinic.timezone}
          isBusy={correction.isPending}
          onProceed={() => correction.mutate({ draft: form.getValues(), mayOverlap: true })}
        />
      ) : null}
    </CorrectionForm>
  )
}

function useDraft(booking: Booking) {
  return useForm<Draft>({
    initialValues: draftOf(booking),
    validate: useContactRules(),
  })
}

function useCorrect(booking: Booking, form: UseFormReturnType<Draft>, onDone: () => void) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ draft, mayOverlap }: { draft: Draft; mayOverlap: boolean }) => {
      const body = { ...correctionOf(form.getInitialValues(), draft), ...refuseOverlap(mayOverlap) }
      return dataOf(api.correctPatient({ path: { bookingId: booking.id }, body }))
    },
    onSuccess: () => {
      toastDone({ message: t('correct.done') })
      onDone()
      focusPageTitle()
    },
    onError: useMarkRefused(form),
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
}

const digitsOf = (phone: string) => phone.replaceAll(/\D/g, '')

function correctionOf(before: Draft, draft: Draft) {
  const reason = draft.reason.trim()
  return { patient: patientCorrection(before, draft), ...(reason === before.reason ? {} : { reason }) }
}
