import type { NewBookingBody } from '@holdfast/contract'
import type { TimeClaimRequest } from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'

export type BookingTarget = { slotId: string } | Pick<TimeClaimRequest, 'sessionId' | 'startsAt' | 'visitTypeId'>

/**
 * What is booked: a slot, or a visit in an open session.
 *
 * @throws ProblemError invalid_request for neither, both, or a part of a visit
 */
export function targetOf({ slotId, sessionId, startsAt, visitTypeId, addsPlaces }: NewBookingBody): BookingTarget {
  const ofVisit = { sessionId, startsAt, visitTypeId }
  if (slotId !== undefined) {
    const [extra] = Object.entries(ofVisit).filter(([, value]) => value !== undefined)
    if (extra === undefined) return { slotId }
    throw invalidRequest([{ path: `/${extra[0]}`, message: 'is not allowed together with slotId' }])
  }
  if (sessionId === undefined) throw invalidRequest([{ path: '/slotId', message: 'is required, or sessionId' }])
  if (startsAt === undefined) throw invalidRequest([{ path: '/startsAt', message: 'is required with sessionId' }])
  if (visitTypeId === undefined) throw invalidRequest([{ path: '/visitTypeId', message: 'is required with sessionId' }])
  if (addsPlaces) throw invalidRequest([{ path: '/addsPlaces', message: 'is not allowed together with sessionId' }])
  return { sessionId, startsAt: new Date(startsAt), visitTypeId }
}
