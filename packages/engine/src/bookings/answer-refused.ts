import { type AnswerFault, answerFaults } from '@holdfast/vocabulary'
import type { AnswerRefused, VisitQuestion } from '../model/visit-question.ts'

const pattern = /^answer_refused:([a-z_]+):(.+)$/

/** The outcome `answer_refused:…` of an SQL function (answered_patient.sql); null: it is another one. */
export function answerRefused(outcome: string): AnswerRefused | null {
  const [, why, about = ''] = pattern.exec(outcome) ?? []
  if (!isFault(why)) return null
  if (why === 'unknown') return { kind: 'answer_refused', why, questionId: about, question: null }
  const question: VisitQuestion = JSON.parse(Buffer.from(about, 'hex').toString())
  return { kind: 'answer_refused', why, questionId: question.id, question }
}

function isFault(why: string | undefined): why is AnswerFault {
  return answerFaults.some((fault) => fault === why)
}
