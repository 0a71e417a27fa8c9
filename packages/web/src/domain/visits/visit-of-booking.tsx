import type { Booking } from '@holdfast/contract/client'
import { visitTypeName } from './visit-type-name.ts'
import { useVisitType } from './visit-type-queries.ts'

/** The name of what is booked in an open session; nothing for the booking of a slot. */
export function VisitOfBooking({ booking }: { booking: Pick<Booking, 'clinicId' | 'visitTypeId'> }) {
  const visitType = useVisitType(booking)
  return visitType === undefined ? null : <bdi>{visitTypeName(visitType)}</bdi>
}
