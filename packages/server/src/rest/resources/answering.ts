import type { NewBookingBody } from '@holdfast/contract'
import type { AnsweringPatient, Patient } from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'

/**
 * A patient with the answers of a request, which the engine compares with what the visit type asks.
 *
 * @throws ProblemError invalid_request as `checkAnswers`
 */
export function answering(patient: Patient, answers: NewBookingBody['answers']): AnsweringPatient {
  if (answers === undefined) return patient
  checkAnswers(answers)
  return { ...patient, answers }
}

/** @throws ProblemError invalid_request if a question is answered twice, or consent is given to no version of a text */
export function checkAnswers(answers: NonNullable<NewBookingBody['answers']>): void {
  const ids = answers.map(({ questionId }) => questionId)
  const repeated = ids.findIndex((id, index) => ids.indexOf(id) !== index)
  if (repeated !== -1) {
    throw invalidRequest([{ path: `/answers/${repeated}/questionId`, message: 'is in the list already' }])
  }
  const unread = answers.findIndex(({ value, version }) => value === true && version === undefined)
  if (unread !== -1) {
    const message = 'is required with the value true: the version of the text that the patient has read'
    throw invalidRequest([{ path: `/answers/${unread}/version`, message }])
  }
}
