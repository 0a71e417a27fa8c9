import sql from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import type { WithdrawConsentOutcome, WithdrawConsentRequest } from '../model/consent.ts'
import { clinicNoOf } from '../model/id.ts'
import { changeOne, type OneChange, type RefusalOf } from './change-one.ts'

/** Changes by `withdraw_consent`. */
export function consentWithdrawals(deps: OneChange) {
  return (request: WithdrawConsentRequest): Promise<WithdrawConsentOutcome> =>
    changeOne<RefusalOf<WithdrawConsentOutcome>>(deps, request, () => {
      const { bookingId, questionId, actorId, key, access } = request
      return sql`holdfast.withdraw_consent(
        ${clinicNoOf(bookingId)}, ${bookingId}, ${questionId}::uuid, ${actorId}::uuid, ${key}::uuid,
        ${accessJson(access)})`
    })
}
