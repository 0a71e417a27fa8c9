import type { NewBooking, VisitQuestion } from '@holdfast/contract/client'

/**
 * What was entered so far, by the ids of the questions: a text, a day, the id of a choice; of a consent, the version
 * of the text that was agreed to, so that nobody has agreed to a text that is changed afterwards.
 */
export type TypedAnswers = Readonly<Record<string, string | number>>

type Answers = NonNullable<NewBooking['answers']>

/** Whether the patient agrees to the consent as it is now. */
export function isAgreed({ id, version }: VisitQuestion, typed: TypedAnswers): boolean {
  return typed[id] === version
}

/** The answer as text, of what is no consent; '': none. */
export function typedText({ id }: VisitQuestion, typed: TypedAnswers): string {
  const value = typed[id]
  return typeof value === 'string' ? value : ''
}

/** The answers of a request. A consent that is not given is declined; what is left empty is left out. */
export function sentAnswers(questions: readonly VisitQuestion[], typed: TypedAnswers): Answers {
  return questions.flatMap((question): Answers => {
    const { id: questionId, kind, version } = question
    if (kind === 'consent') {
      return [isAgreed(question, typed) ? { questionId, value: true, version } : { questionId, value: false }]
    }
    const value = typedText(question, typed).trim()
    return value === '' ? [] : [{ questionId, value }]
  })
}

/** The questions that need an answer and have none. @param byDesk the clinic may skip what is no consent */
export function missingAnswers(
  questions: readonly VisitQuestion[],
  typed: TypedAnswers,
  byDesk = false,
): VisitQuestion[] {
  return questions.filter((question) => {
    if (!question.required) return false
    if (question.kind === 'consent') return !isAgreed(question, typed)
    return !byDesk && typedText(question, typed).trim() === ''
  })
}

/** The id of the field of a question. */
export function fieldId(questionId: string): string {
  return `question-${questionId}`
}

export function focusQuestion(questionId: string): void {
  document.getElementById(fieldId(questionId))?.focus()
}
