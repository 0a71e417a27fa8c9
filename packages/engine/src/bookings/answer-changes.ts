import sql from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import type { CorrectAnswersOutcome } from '../model/answers-correction.ts'
import type { WithdrawConsentOutcome } from '../model/consent.ts'
import type { Engine } from '../model/engine.ts'
import { clinicNoOf } from '../model/id.ts'
import type { AnswerRefused } from '../model/visit-question.ts'
import { answerRefused } from './answer-refused.ts'
import { changeOne, type OneChange, type RefusalOf } from './change-one.ts'

type CorrectionRefused =
  | RefusalOf<Exclude<CorrectAnswersOutcome, AnswerRefused>>
  /** As {@link answerRefused} reads it. */
  | `answer_refused:${string}`

/** Changes by `withdraw_consent` and `correct_answers`. */
export function answerChanges(deps: OneChange): Pick<Engine, 'withdrawConsent' | 'correctAnswers'> {
  return {
    withdrawConsent(request) {
      return changeOne<RefusalOf<WithdrawConsentOutcome>>(deps, request, () => {
        const { bookingId, questionId, actorId, key, access } = request
        return sql`holdfast.withdraw_consent(
          ${clinicNoOf(bookingId)}, ${bookingId}, ${questionId}::uuid, ${actorId}::uuid, ${key}::uuid,
          ${accessJson(access)})`
      })
    },
    async correctAnswers(request) {
      const outcome = await changeOne<CorrectionRefused>(deps, request, () => {
        const { bookingId, answers, version, actorId, byDesk, key, access } = request
        return sql`holdfast.correct_answers(
          ${clinicNoOf(bookingId)}, ${bookingId}, ${actorId}::uuid, ${byDesk}, ${key}::uuid,
          ${JSON.stringify(answers)}::jsonb, ${version}, ${accessJson(access)})`
      })
      return answerRefused(outcome.kind) ?? (outcome as CorrectAnswersOutcome)
    },
  }
}
