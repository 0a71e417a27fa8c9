import type { VisitQuestion, VisitType } from '@holdfast/contract/client'
import type { AnswerFault } from '@holdfast/vocabulary'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { RefusedError } from '../../lib/api/api-error.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { focusQuestion } from './typed-answers.ts'

/** The answer that the server refused. */
export type RefusedAnswer = { questionId: string; why: AnswerFault }

const nothing: readonly VisitQuestion[] = []

/**
 * What a visit type asks, and which answer to that was refused. The questions are read again then: they may have
 * changed. The field of the refused one gets the focus.
 */
export function useAsked(
  clinicId: string,
  visitType: VisitType | undefined,
  error: unknown,
): { questions: readonly VisitQuestion[]; refused: RefusedAnswer | null } {
  const queryClient = useQueryClient()
  const refused = refusedAnswer(error)
  const reread = useEffectEvent(async (questionId: string) => {
    await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
    focusQuestion(questionId)
  })
  const questionId = refused?.questionId ?? null
  useEffect(() => {
    if (questionId !== null) void reread(questionId)
  }, [questionId])
  const questions = visitType?.questions ?? nothing
  return { questions, refused: questions.some(({ id }) => id === questionId) ? refused : null }
}

/** The answer that a request was refused for; null: it was refused for something else. */
export function refusedAnswer(error: unknown): RefusedAnswer | null {
  if (!(error instanceof RefusedError) || error.problem.code !== 'answer_refused') return null
  const { questionId, why } = error.problem
  return questionId === undefined || why === undefined ? null : { questionId, why }
}

/** Whether the field of a question says what is wrong. */
export function isShownAtQuestion(error: unknown): boolean {
  const refused = refusedAnswer(error)
  return refused !== null && refused.why !== 'unknown'
}
