import type { NewBookingBody, ReschedulingBody } from '@holdfast/contract'
import type { TimeClaimRequest } from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'

type Time = Pick<TimeClaimRequest, 'sessionId' | 'startsAt'>
/** With `clinicId`: with any doctor of the clinic who is free then. */
export type BookingTarget =
  | { slotId: string }
  | (Time & { visitTypeId: string })
  | (Omit<Time, 'sessionId'> & { visitTypeId: string; clinicId: string })
export type MoveTarget = { slotId: string } | (Time & { visitTypeId: string | null })

/**
 * What is booked: a slot, or a visit in an open session.
 *
 * @throws ProblemError invalid_request for neither, both, or a part of a visit
 */
export function targetOf({ clinicId, ...body }: NewBookingBody): BookingTarget {
  if (clinicId !== undefined) return withAnyDoctor(clinicId, body)
  const target = moveTargetOf(body)
  if ('slotId' in target) return target
  const { visitTypeId, ...time } = target
  if (visitTypeId === null) throw invalidRequest([{ path: '/visitTypeId', message: 'is required with sessionId' }])
  return { ...time, visitTypeId }
}

function withAnyDoctor(clinicId: string, { startsAt, visitTypeId, ...others }: NewBookingBody): BookingTarget {
  for (const field of ['slotId', 'sessionId', 'addsPlaces'] as const) {
    if (!others[field]) continue
    throw invalidRequest([{ path: `/${field}`, message: 'is not allowed together with clinicId' }])
  }
  if (startsAt === undefined) throw invalidRequest([{ path: '/startsAt', message: 'is required with clinicId' }])
  if (visitTypeId === undefined) throw invalidRequest([{ path: '/visitTypeId', message: 'is required with clinicId' }])
  return { clinicId, startsAt: new Date(startsAt), visitTypeId }
}

/** To what a booking is moved: the same, but the visit may keep its type. @throws ProblemError invalid_request */
export function moveTargetOf({ slotId, addsPlaces, ...body }: Omit<ReschedulingBody, 'answers'>): MoveTarget {
  const { sessionId, startsAt, visitTypeId } = body
  const ofVisit = { sessionId, startsAt, visitTypeId }
  if (slotId !== undefined) {
    const [extra] = Object.entries(ofVisit).filter(([, value]) => value !== undefined)
    if (extra === undefined) return { slotId }
    throw invalidRequest([{ path: `/${extra[0]}`, message: 'is not allowed together with slotId' }])
  }
  if (sessionId === undefined) throw invalidRequest([{ path: '/slotId', message: 'is required, or sessionId' }])
  if (startsAt === undefined) throw invalidRequest([{ path: '/startsAt', message: 'is required with sessionId' }])
  if (addsPlaces) throw invalidRequest([{ path: '/addsPlaces', message: 'is not allowed together with sessionId' }])
  return { sessionId, startsAt: new Date(startsAt), visitTypeId: visitTypeId ?? null }
}
