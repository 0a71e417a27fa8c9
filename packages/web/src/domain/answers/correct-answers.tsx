import type { AnswersCorrection, Booking, VisitQuestion } from '@holdfast/contract/client'
import { Button, Group, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import { isRequest } from '../bookings/offered-actions.ts'
import { askedIn, correctedAnswers, typedBefore } from './corrected-answers.ts'
import { QuestionFields } from './question-fields.tsx'
import { focusQuestion, missingAnswers } from './typed-answers.ts'
import { refusedAnswer } from './use-asked.ts'

type CorrectAnswersProps = {
  booking: Booking
  byDesk?: boolean
  /** Also updates the booking that is shown. */
  onCorrect: (correction: AnswersCorrection) => Promise<unknown>
}

/** The server decides about the deadline, which may pass while the page is open. */
function canBeCorrected(booking: Booking, byDesk: boolean): boolean {
  if (booking.erasedAt !== null || Date.parse(booking.endsAt) <= serverNow()) return false
  return booking.status === 'CONFIRMED' || isRequest(booking) || (byDesk && booking.status === 'ARRIVED')
}

/** Consents are the patient's: the desk sees them, and does not change them. */
function changeableBy(byDesk: boolean, questions: VisitQuestion[]): VisitQuestion[] {
  return byDesk ? questions.filter(({ kind }) => kind !== 'consent') : questions
}

/** A button and a dialog that corrects the answers of a booking, by the questions as they were asked. */
export function CorrectAnswers({ booking, byDesk = false, onCorrect }: CorrectAnswersProps) {
  const { t } = useTranslation('answers')
  const [isOpen, setOpen] = useState(false)
  if (!canBeCorrected(booking, byDesk) || changeableBy(byDesk, askedIn(booking)).length === 0) return null
  const close = () => setOpen(false)
  return (
    <div className="no-print">
      <Button mt="md" size="sm" variant="default" onClick={() => setOpen(true)}>
        {t('correct.button')}
      </Button>
      <Dialog isForm isOpen={isOpen} onClose={close} title={t('correct.title')}>
        <CorrectForm booking={booking} byDesk={byDesk} onCorrect={onCorrect} onClose={close} />
      </Dialog>
    </div>
  )
}

type CorrectFormProps = Required<CorrectAnswersProps> & { onClose: () => void }

function CorrectForm({ booking, byDesk, onCorrect, onClose }: CorrectFormProps) {
  const { t } = useTranslation('answers')
  // What somebody else corrects meanwhile is refused by the version, and does not replace what is typed here.
  const [questions] = useState(() => askedIn(booking))
  const changeable = changeableBy(byDesk, questions)
  const [before] = useState(() => typedBefore(booking))
  const [typed, setTyped] = useState(before)
  const [isTried, setTried] = useState(false)
  const correction = useMutation({
    mutationFn: onCorrect,
    onSuccess: () => {
      toastDone({ message: t('correct.done') })
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const [missing] = missingAnswers(changeable, typed, byDesk)
    if (missing !== undefined) return focusQuestion(missing.id)
    const answers = correctedAnswers(changeable, before, typed)
    if (answers.length === 0) onClose()
    else correction.mutate({ version: booking.version, answers })
  }
  const refused = refusedAnswer(correction.error)
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <QuestionFields
          questions={questions}
          typed={typed}
          onChange={setTyped}
          isTried={isTried}
          refused={refused}
          byDesk={byDesk}
          areConsentsFixed={byDesk}
        />
        {correction.isError && refused === null ? <ErrorState error={correction.error} /> : null}
        <Group gap="sm">
          <ActionButton type="submit" isBusy={correction.isPending}>
            {t('correct.save')}
          </ActionButton>
          <Button variant="default" onClick={onClose}>
            {t('correct.back')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
