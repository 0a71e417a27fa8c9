import type { FastifyRequest } from 'fastify'
import { guestBinding, type ManageTokens } from '../../secrets/manage-tokens.ts'

/** What is changed with the token of a hold before it is a visit, or is released. */
const changesOfHolds: ReadonlySet<string> = new Set(['confirmBooking', 'extendBooking', 'cancelBooking'])

/**
 * The booking that the request changes with its token; null: the token is not valid for it, or the request is another.
 * It does not read the booking: a guest's first token is derived from the id alone. Tokens that replaced it (after a
 * renewal, or for an account) count as writes without an account.
 */
export function changedHold(request: FastifyRequest, manageTokens: Pick<ManageTokens, 'verify'>): string | null {
  const { principal, routeOptions, params } = request
  if (principal.kind !== 'manage_token' || !changesOfHolds.has(routeOptions.config?.operationId ?? '')) return null
  const { bookingId = '' } = params as { bookingId?: string }
  return manageTokens.verify(bookingId, guestBinding, principal.token) ? bookingId : null
}
