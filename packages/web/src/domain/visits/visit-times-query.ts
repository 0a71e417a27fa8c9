import type { Booking, Slot, SlotList, VisitType } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'
import type { TicketLink } from '../bookings/ticket-link.ts'

type TimesOf = {
  doctorId: string
  visitType: Pick<VisitType, 'id' | 'capacity'>
  from: string
  to: string
  /** A booking that is to be moved: the times to which it can be. */
  moved?: TicketLink | undefined
}

const sessionIdLength = 36

/**
 * When a visit of a type can begin with a doctor, on local days, both included, at most `listedDaysMax`: in the shape
 * of slots, so that they are shown as slots are. `byDesk`: the times that the clinic's people can book. The live feed
 * has them read again, because it does not know them.
 */
export function visitTimesQuery({ doctorId, visitType, from, to, moved }: TimesOf, byDesk = false) {
  return queryOptions({
    queryKey: [...slotsKey(doctorId), from, to, visitType.id, byDesk, moved?.bookingId],
    queryFn: async (): Promise<SlotList> => {
      const ofBooking = moved === undefined ? {} : { movedBookingId: moved.bookingId }
      const query = { visitTypeId: visitType.id, from, to, ...(byDesk ? { onBehalf: true } : {}), ...ofBooking }
      const auth = moved?.manageToken ? { auth: moved.manageToken } : {}
      const { items, asOf } = await dataOf(api.listTimes({ path: { doctorId }, query, ...auth }))
      const slotOf = ({ sessionId, startsAt, endsAt, available }: (typeof items)[number]): Slot => {
        return {
          id: timeIdOf({ sessionId, startsAt }),
          doctorId,
          startsAt,
          endsAt,
          capacity: visitType.capacity,
          available,
        }
      }
      return { items: items.map(slotOf), asOf }
    },
    staleTime: 15_000,
  })
}

/** The session that a time of {@link visitTimesQuery} is in. */
export function sessionOf({ id }: Pick<Slot, 'id'>): string {
  return id.slice(0, sessionIdLength)
}

type TimeOfBooking = Pick<Booking, 'startsAt'> & Partial<Pick<Booking, 'slotId' | 'sessionId'>>

/** What lists of times call the time of a booking: the id of its slot, or of {@link visitTimesQuery}. */
export function timeIdOf({ slotId = '', sessionId, startsAt }: TimeOfBooking): string {
  return sessionId === undefined ? slotId : sessionId + startsAt
}

/** Where a booking is moved to: a slot, or a time of an open session for a visit of the same type. */
export function moveTargetOf(timeId: string): { slotId: string } | { sessionId: string; startsAt: string } {
  if (timeId.length === sessionIdLength) return { slotId: timeId }
  return { sessionId: sessionOf({ id: timeId }), startsAt: timeId.slice(sessionIdLength) }
}
