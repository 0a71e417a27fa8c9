import type { AnswerFault, QuestionKind } from '@holdfast/vocabulary'
import type { LocalNames } from './doctor.ts'

/** A text, and the same for readers of other languages. */
export type Labelled = { label: string; labels: Partial<LocalNames> }

export type QuestionChoice = Labelled & { id: string }

/** What patients are asked when they book a visit type. `choices`: of a choice, otherwise empty. */
export type NewVisitQuestion = Labelled & {
  id: string
  kind: QuestionKind
  required: boolean
  choices: QuestionChoice[]
}

/** `version`: another one whenever what is asked has changed. No version is that of two texts. */
export type VisitQuestion = NewVisitQuestion & { version: number }

/** What a patient answers: a text, a day, the id of a choice, or whether they agree to a version of a consent. */
export type SentAnswer = { questionId: string; value: string | boolean; version?: number }

/**
 * What was asked, and answered. Without a value, it was left empty, or if it is required, not asked: the clinic's desk
 * skipped it. `choices`: of a choice; `choice`: the text of the one that was chosen. `agreedAt`, `withdrawnAt`: of a
 * consent.
 */
export type BookedAnswer = Labelled & {
  questionId: string
  kind: QuestionKind
  required: boolean
  choices?: QuestionChoice[]
  version: number
  value?: string | boolean
  choice?: Labelled
  agreedAt?: string
  withdrawnAt?: string
}

/** An answer does not fit to what the visit type asks at the moment. `question` null: it is not asked. */
export type AnswerRefused = {
  kind: 'answer_refused'
  why: AnswerFault
  questionId: string
  question: VisitQuestion | null
}
