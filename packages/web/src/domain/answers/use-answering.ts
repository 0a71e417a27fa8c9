import type { Booking, NewBooking } from '@holdfast/contract/client'
import { useState } from 'react'
import { useVisitType } from '../visits/visit-type-queries.ts'
import type { QuestionFieldsProps } from './question-fields.tsx'
import { focusQuestion, missingAnswers, sentAnswers, type TypedAnswers } from './typed-answers.ts'
import { useAsked } from './use-asked.ts'

/** Who gets a visit, and the answers to what its type asks. */
export type Answered = { patient: Booking['patient']; answers: NonNullable<NewBooking['answers']> }

type Answering = {
  /** The properties of the fields. */
  fields: QuestionFieldsProps
  /** null: nothing is asked; undefined: an answer is missing, whose field has the focus now. */
  complete: () => Answered | null | undefined
}

/**
 * The answers to what the visit of a hold asks, which is confirmed.
 *
 * @param error of the last request
 * @param onMend called when an answer is changed that was refused
 */
export function useAnswering(booking: Booking, error: unknown, onMend: () => void, byDesk = false): Answering {
  const asked = useAsked(booking.clinicId, useVisitType(booking), error)
  const { questions, refused } = asked
  const [typed, setTyped] = useState<TypedAnswers>({})
  const [isTried, setTried] = useState(false)
  const onChange = (next: TypedAnswers) => {
    setTyped(next)
    if (refused !== null) onMend()
  }
  return {
    fields: { questions, refused, typed, onChange, isTried, byDesk },
    complete() {
      const [missing] = missingAnswers(questions, typed, byDesk)
      setTried(missing !== undefined)
      if (missing === undefined) {
        return questions.length === 0 ? null : { patient: booking.patient, answers: sentAnswers(questions, typed) }
      }
      focusQuestion(missing.id)
      return undefined
    },
  }
}
