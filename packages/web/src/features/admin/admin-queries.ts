import type {
  Booking,
  BookingEvent,
  BookingHistory,
  ClinicStats,
  Member,
  VerifyReport,
} from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../lib/api.ts'
import { deskKey, rereadMs } from '../../lib/clinic-queries.ts'

const path = (clinicId: string) => ({ path: { clinicId } })

/** The figures of some local days, both included. */
export function statsQuery(clinicId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...deskKey(clinicId), 'stats', from, to],
    queryFn: (): Promise<ClinicStats> => ask(api.getClinicStats({ ...path(clinicId), query: { from, to } })),
    refetchInterval: rereadMs,
  })
}

/** The last changes, newest first. */
export function newestEventsQuery(clinicId: string, limit: number) {
  return queryOptions({
    queryKey: [...deskKey(clinicId), 'newest', limit],
    queryFn: async (): Promise<BookingEvent[]> =>
      (await ask(api.listEvents({ ...path(clinicId), query: { newest: true, limit } }))).items,
    refetchInterval: rereadMs,
  })
}

export function bookingQuery(clinicId: string, bookingId: string) {
  return queryOptions({
    queryKey: [...deskKey(clinicId), 'booking', bookingId],
    queryFn: (): Promise<Booking> => ask(api.getBooking({ path: { bookingId } })),
    refetchInterval: rereadMs,
  })
}

export function historyQuery(clinicId: string, bookingId: string) {
  return queryOptions({
    queryKey: [...deskKey(clinicId), 'history', bookingId],
    queryFn: async (): Promise<BookingHistory['items']> =>
      (await ask(api.listBookingEvents({ path: { bookingId } }))).items,
    refetchInterval: rereadMs,
  })
}

const pagesMax = 10

/** All members, as far as a thousand. */
export function membersQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['members', clinicId],
    queryFn: async (): Promise<Member[]> => {
      const members: Member[] = []
      let cursor: string | null = null
      for (let page = 0; page < pagesMax; page += 1) {
        const query = { limit: 100, ...(cursor === null ? {} : { cursor }) }
        const answer: { items: Member[]; nextCursor: string | null } = await ask(
          api.listMembers({ ...path(clinicId), query }),
        )
        members.push(...answer.items)
        cursor = answer.nextCursor
        if (cursor === null) break
      }
      return members
    },
  })
}

export type Proof = { report: VerifyReport; tookMs: number }

/** Recounts everything. How long it took decides how soon it is asked again: never more than a tenth of the time. */
export function proofQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['proof', clinicId],
    queryFn: async (): Promise<Proof> => {
      const askedAt = performance.now()
      const report = await ask(api.verifyClinic(path(clinicId)))
      return { report, tookMs: performance.now() - askedAt }
    },
    refetchInterval: ({ state }) => Math.max(5_000, 10 * (state.data?.tookMs ?? 0)),
    staleTime: 0,
  })
}
