import type { Answer, AnswersCorrection, Booking, VisitQuestion } from '@holdfast/contract/client'
import { Button, Group, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../../lib/api/api-error.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { toastDone } from '../../ui/toast.ts'
import { isRequest } from '../bookings/offered-actions.ts'
import { answerText } from './answer-text.ts'
import { askedIn, changedSince, correctedAnswers, typedAfter, typedBefore } from './corrected-answers.ts'
import { QuestionFields } from './question-fields.tsx'
import { focusQuestion, missingAnswers } from './typed-answers.ts'
import { refusedAnswer } from './use-asked.ts'

type CorrectAnswersProps = {
  booking: Booking
  /** The clinic's, in which days are shown. */
  timeZone: string
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
export function CorrectAnswers({ booking, byDesk = false, ...more }: CorrectAnswersProps) {
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
        <CorrectForm booking={booking} byDesk={byDesk} {...more} onClose={close} />
      </Dialog>
    </div>
  )
}

type CorrectFormProps = Required<CorrectAnswersProps> & { onClose: () => void }

function CorrectForm({ booking, timeZone, byDesk, onCorrect, onClose }: CorrectFormProps) {
  const { t } = useTranslation('answers')
  // The booking that the correction is of: what somebody else changes meanwhile is refused by its version.
  const [read, setRead] = useState(booking)
  const [changed, setChanged] = useState<Answer[]>([])
  const [typed, setTyped] = useState(() => typedBefore(booking))
  const questions = askedIn(read)
  const changeable = changeableBy(byDesk, questions)
  const [isTried, setTried] = useState(false)
  const correction = useMutation({
    mutationFn: onCorrect,
    onSuccess: () => {
      toastDone({ message: t('correct.done') })
      onClose()
    },
  })
  if (isOutdated(correction.error) && booking.version > read.version) {
    // Refused: what was changed is shown, beside what is typed here, also when the booking changes again.
    setChanged(changedSince(read, booking, changed))
    setTyped(typedAfter(read, booking, typed))
    setRead(booking)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    const [missing] = missingAnswers(changeable, typed, byDesk)
    if (missing !== undefined) return focusQuestion(missing.id)
    const answers = correctedAnswers(changeable, typedBefore(read), typed)
    if (answers.length === 0) onClose()
    else correction.mutate({ version: read.version, answers })
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
          notes={Object.fromEntries(
            changed.map((answer) => [
              answer.questionId,
              t('correct.changed', { answer: isolated(answerText(answer, t, timeZone)) }),
            ]),
          )}
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

function isOutdated(error: unknown): boolean {
  return error instanceof RefusedError && error.problem.code === 'booking_outdated'
}
