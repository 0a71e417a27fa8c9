import type { Answer, AnswersCorrection, Booking, VisitQuestion } from '@holdfast/contract/client'
import { isAgreed, type TypedAnswers, typedText } from './typed-answers.ts'

/** What a booking's patient was asked and can correct. A consent that was given is only withdrawn. */
export function askedIn({ answers = [] }: Pick<Booking, 'answers'>): VisitQuestion[] {
  return answers
    .filter(({ agreedAt }) => agreedAt === undefined)
    .map(({ questionId, kind, label, labels, required, choices = [], version }) => {
      return { id: questionId, kind, label, labels, required, choices, version }
    })
}

/** The stored answers as they are typed. */
export function typedBefore({ answers = [] }: Pick<Booking, 'answers'>): TypedAnswers {
  const texts = answers.filter(({ value }) => typeof value === 'string')
  return Object.fromEntries(texts.map(({ questionId, value }) => [questionId, String(value)]))
}

/** The answers of a booking that differ from what was read, and those whose changes are shown already. */
export function changedSince(
  read: Pick<Booking, 'answers'>,
  now: Pick<Booking, 'answers'>,
  shown: readonly Answer[] = [],
): Answer[] {
  const former = typedBefore(read)
  const present = typedBefore(now)
  const isShown = (id: string) => shown.some(({ questionId }) => questionId === id)
  return (now.answers ?? []).filter(({ questionId: id }) => former[id] !== present[id] || isShown(id))
}

/** What stays typed after somebody else has changed answers: what differs from the answers that were read. */
export function typedAfter(
  read: Pick<Booking, 'answers'>,
  now: Pick<Booking, 'answers'>,
  typed: TypedAnswers,
): TypedAnswers {
  const former = typedBefore(read)
  const own = Object.entries(typed).filter(([questionId, value]) => value !== (former[questionId] ?? ''))
  return { ...typedBefore(now), ...Object.fromEntries(own) }
}

/** The answers that were changed. One that was removed is an empty text. */
export function correctedAnswers(
  questions: readonly VisitQuestion[],
  before: TypedAnswers,
  typed: TypedAnswers,
): AnswersCorrection['answers'] {
  return questions.flatMap((question): AnswersCorrection['answers'] => {
    const { id: questionId, kind, version } = question
    if (kind === 'consent') return isAgreed(question, typed) ? [{ questionId, value: true, version }] : []
    const value = typedText(question, typed).trim()
    return value === typedText(question, before) ? [] : [{ questionId, value }]
  })
}
